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
   * @param bound whether more or less is better
   * @param wanted the bound that decides
   * @param aim the bound that is aimed for beyond it; the same as {@code wanted} if there is none
   */
  public record Goal(String name, double figure, Bound bound, double wanted, double aim) {
    /** Which side of a bound is good. */
    public enum Bound {
      AT_MOST("<="),
      AT_LEAST(">=");

      private final String sign;

      Bound(String sign) {
        this.sign = sign;
      }

      private boolean holds(double figure, double limit) {
        return switch (this) {
          case AT_MOST -> figure <= limit;
          case AT_LEAST -> figure >= limit;
        };
      }
    }

    /** A goal that the figure is at most {@code wanted}. */
    public Goal(String name, double figure, double wanted) {
      this(name, figure, Bound.AT_MOST, wanted, wanted);
    }

    boolean isReached() {
      return bound.holds(figure, wanted);
    }

    @Override
    public String toString() {
      String line =
          String.format(
              Locale.ROOT,
              "GOAL %s: %.2f (wanted %s %.2f) %s",
              name,
              figure,
              bound.sign,
              wanted,
              isReached() ? "reached" : "short");
      return aim == wanted
          ? line
          : String.format(
              Locale.ROOT,
              "%s, (aim %s %.2f) %s",
              line,
              bound.sign,
              aim,
              bound.holds(figure, aim) ? "reached" : "short");
    }
  }

  private Benchmark() {}

  public static void main(String[] arguments) throws Exception {
    TreeMap<String, Body> benchmarks = new TreeMap<>();
    benchmarks.put("avro", AvroBenchmark::run);
    benchmarks.put("clickhouse", ClickHouseBenchmark::run);
    benchmarks.put("crawl", CrawlBenchmark::run);
    benchmarks.put("crawl-large", LargeCrawlBenchmark::run);
    benchmarks.put("planning", PlanningBenchmark::run);
    benchmarks.put("protobuf", ProtobufBenchmark::run);
    benchmarks.put("redis", RedisBenchmark::run);

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
      System.out.println(goal);
    }
    System.exit(reached ? 0 : 1);
  }
}
