package io.unifiedcatalog.benchmarks;

import io.unifiedcatalog.flink.PlanningBenchmark;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;

/** {@code ./benchmark NAME}: runs one benchmark. Ends with 0 only if every goal was reached. */
public final class Benchmark {
  /** A benchmark: from its arguments and a directory to keep data in, to its goals. */
  private interface Body {
    List<Goal> run(List<String> arguments, Path directory) throws Exception;
  }

  /**
   * A goal.
   *
   * @param figure what was measured
   * @param wanted the most that it may be
   */
  public record Goal(String name, double figure, double wanted) {
    boolean isReached() {
      return figure <= wanted;
    }
  }

  private Benchmark() {}

  public static void main(String[] arguments) throws Exception {
    TreeMap<String, Body> benchmarks = new TreeMap<>();
    benchmarks.put("crawl", CrawlBenchmark::run);
    benchmarks.put("planning", PlanningBenchmark::run);

    Body body = arguments.length == 0 ? null : benchmarks.get(arguments[0]);
    if (body == null) {
      System.err.println("Usage: ./benchmark NAME [OPTION...]. Names: " + benchmarks.keySet());
      System.exit(2);
      return;
    }
    List<Goal> goals =
        body.run(List.of(arguments).subList(1, arguments.length), Path.of(".benchmark"));
    boolean reached = true;
    for (Goal goal : goals) {
      reached &= goal.isReached();
      System.out.printf(
          Locale.ROOT,
          "GOAL %s: %.2f (wanted <= %.2f) %s%n",
          goal.name(),
          goal.figure(),
          goal.wanted(),
          goal.isReached() ? "reached" : "short");
    }
    System.exit(reached ? 0 : 1);
  }
}
