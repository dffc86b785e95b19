package io.unifiedcatalog.benchmarks;

import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import io.unifiedcatalog.benchmarks.Benchmark.Goal;
import io.unifiedcatalog.benchmarks.FormatDuels.Contestant;
import io.unifiedcatalog.benchmarks.FormatDuels.Pair;
import io.unifiedcatalog.benchmarks.FormatDuels.Task;
import io.unifiedcatalog.benchmarks.events.Click;
import io.unifiedcatalog.benchmarks.events.LogEvent;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;

/**
 * This project's Protobuf format beside Flink's own with compiled classes and beside
 * DynamicMessage, through the schemas that a job uses, with default options.
 *
 * <p>One process; pair by pair in alternating slices of about 60 ms, by the thread's CPU time. What
 * is quoted of a pair is the median of its rounds' ratios, with the least and the greatest.
 */
final class ProtobufBenchmark {
  private static final String FLINK = "flink-protobuf";
  private static final String DYNAMIC = "DynamicMessage";
  private static final String OURS = "protobuf-descriptor";

  private static final int EVENTS = 512;
  static final DataType LOG_EVENT =
      DataTypes.ROW(
          DataTypes.FIELD("event_id", DataTypes.STRING()),
          DataTypes.FIELD("timestamp_ms", DataTypes.BIGINT()),
          DataTypes.FIELD("level", DataTypes.STRING()),
          DataTypes.FIELD("service", DataTypes.STRING()),
          DataTypes.FIELD("host", DataTypes.STRING()),
          DataTypes.FIELD("environment", DataTypes.STRING()),
          DataTypes.FIELD("region", DataTypes.STRING()),
          DataTypes.FIELD("version", DataTypes.STRING()),
          DataTypes.FIELD("process_id", DataTypes.INT()),
          DataTypes.FIELD("thread_id", DataTypes.BIGINT()),
          DataTypes.FIELD("thread_name", DataTypes.STRING()),
          DataTypes.FIELD("logger", DataTypes.STRING()),
          DataTypes.FIELD("message", DataTypes.STRING()),
          DataTypes.FIELD("trace_id", DataTypes.STRING()),
          DataTypes.FIELD("span_id", DataTypes.STRING()),
          DataTypes.FIELD("sampled", DataTypes.BOOLEAN()),
          DataTypes.FIELD("user_id", DataTypes.STRING()),
          DataTypes.FIELD("session_id", DataTypes.STRING()),
          DataTypes.FIELD("client_ip", DataTypes.STRING()),
          DataTypes.FIELD("user_agent", DataTypes.STRING()),
          DataTypes.FIELD("http_method", DataTypes.STRING()),
          DataTypes.FIELD("url", DataTypes.STRING()),
          DataTypes.FIELD("http_status", DataTypes.INT()),
          DataTypes.FIELD("request_bytes", DataTypes.BIGINT()),
          DataTypes.FIELD("response_bytes", DataTypes.BIGINT()),
          DataTypes.FIELD("duration_ms", DataTypes.DOUBLE()),
          DataTypes.FIELD("cpu_load", DataTypes.FLOAT()),
          DataTypes.FIELD("cache_hit", DataTypes.BOOLEAN()),
          DataTypes.FIELD("digest", DataTypes.BYTES()),
          DataTypes.FIELD("retries", DataTypes.INT()),
          DataTypes.FIELD("clock_skew_ms", DataTypes.INT()),
          DataTypes.FIELD("position", DataTypes.BIGINT()),
          DataTypes.FIELD("partition", DataTypes.INT()),
          DataTypes.FIELD("tenant", DataTypes.STRING()),
          DataTypes.FIELD(
              "place",
              DataTypes.ROW(
                  DataTypes.FIELD("latitude", DataTypes.DOUBLE()),
                  DataTypes.FIELD("longitude", DataTypes.DOUBLE()),
                  DataTypes.FIELD("country", DataTypes.STRING()),
                  DataTypes.FIELD("city", DataTypes.STRING()))),
          DataTypes.FIELD(
              "device",
              DataTypes.ROW(
                  DataTypes.FIELD("system", DataTypes.STRING()),
                  DataTypes.FIELD("model", DataTypes.STRING()),
                  DataTypes.FIELD("width", DataTypes.INT()),
                  DataTypes.FIELD("height", DataTypes.INT()))),
          DataTypes.FIELD(
              "failure",
              DataTypes.ROW(
                  DataTypes.FIELD("type", DataTypes.STRING()),
                  DataTypes.FIELD("message", DataTypes.STRING()),
                  DataTypes.FIELD("frames", DataTypes.ARRAY(DataTypes.STRING())))),
          DataTypes.FIELD("labels", DataTypes.MAP(DataTypes.STRING(), DataTypes.STRING())),
          DataTypes.FIELD("counters", DataTypes.MAP(DataTypes.STRING(), DataTypes.BIGINT())),
          DataTypes.FIELD("tags", DataTypes.ARRAY(DataTypes.STRING())),
          DataTypes.FIELD("timings_us", DataTypes.ARRAY(DataTypes.BIGINT())),
          DataTypes.FIELD(
              "steps",
              DataTypes.ARRAY(
                  DataTypes.ROW(
                      DataTypes.FIELD("name", DataTypes.STRING()),
                      DataTypes.FIELD("start_us", DataTypes.BIGINT()),
                      DataTypes.FIELD("duration_us", DataTypes.BIGINT()),
                      DataTypes.FIELD("done", DataTypes.BOOLEAN())))));

  static final DataType FIVE_OF_LOG_EVENT =
      DataTypes.ROW(
          DataTypes.FIELD("timestamp_ms", DataTypes.BIGINT()),
          DataTypes.FIELD("level", DataTypes.STRING()),
          DataTypes.FIELD("service", DataTypes.STRING()),
          DataTypes.FIELD("http_status", DataTypes.INT()),
          DataTypes.FIELD("duration_ms", DataTypes.DOUBLE()));

  static final DataType CLICK =
      DataTypes.ROW(
          DataTypes.FIELD("id", DataTypes.BIGINT()),
          DataTypes.FIELD("timestamp_ms", DataTypes.BIGINT()),
          DataTypes.FIELD("user_id", DataTypes.STRING()),
          DataTypes.FIELD("page", DataTypes.STRING()),
          DataTypes.FIELD("status", DataTypes.INT()),
          DataTypes.FIELD("price", DataTypes.DOUBLE()),
          DataTypes.FIELD("cached", DataTypes.BOOLEAN()),
          DataTypes.FIELD("duration_ms", DataTypes.INT()));

  static final DataType TWO_OF_CLICK =
      DataTypes.ROW(
          DataTypes.FIELD("timestamp_ms", DataTypes.BIGINT()),
          DataTypes.FIELD("page", DataTypes.STRING()));

  private final FormatDuels duels;

  private ProtobufBenchmark(int rounds) {
    duels = new FormatDuels(rounds);
  }

  static List<Goal> run(List<String> arguments, Path directory) throws Exception {
    int rounds = 21;
    if (arguments.size() == 2 && arguments.get(0).equals("--rounds")) {
      rounds = Integer.parseInt(arguments.get(1));
    } else if (!arguments.isEmpty()) {
      throw new IllegalArgumentException("Usage: ./benchmark protobuf [--rounds N]");
    }
    return new ProtobufBenchmark(rounds).measure();
  }

  private List<Goal> measure() throws Exception {
    List<byte[]> wide = LogEvents.wide(EVENTS);
    List<byte[]> flat = LogEvents.flat(EVENTS);
    System.out.printf(
        Locale.ROOT,
        "%d wide events of %.0f bytes on average, %d flat ones of %.0f%n%n",
        EVENTS,
        wide.stream().mapToInt(event -> event.length).average().orElseThrow(),
        EVENTS,
        flat.stream().mapToInt(event -> event.length).average().orElseThrow());

    Descriptor logEvent = LogEvent.getDescriptor();
    Descriptor click = Click.getDescriptor();
    Task decodeWide = task("decode wide", false, wide, logEvent, LogEvent.class, LOG_EVENT);
    Task decodeFlat = task("decode flat", false, flat, click, Click.class, CLICK);
    Task fiveOfWide =
        task("decode 5 of 42", false, wide, logEvent, LogEvent.class, FIVE_OF_LOG_EVENT);
    Task twoOfFlat = task("decode 2 of 8", false, flat, click, Click.class, TWO_OF_CLICK);
    Task encodeWide = task("encode wide", true, wide, logEvent, LogEvent.class, LOG_EVENT);
    Task encodeFlat = task("encode flat", true, flat, click, Click.class, CLICK);
    List<Task> tasks =
        List.of(decodeWide, fiveOfWide, encodeWide, decodeFlat, twoOfFlat, encodeFlat);
    duels.prepare(tasks);

    FormatDuels.printHead();
    Map<String, Pair> pairs = new HashMap<>();
    for (Task task : tasks) {
      Pair ours = duels.pair(task, OURS);
      Pair dynamic = duels.pair(task, DYNAMIC);
      pairs.put(task.name(), ours);
      FormatDuels.printYardstick(task, ours);
      FormatDuels.print(DYNAMIC, dynamic);
      FormatDuels.print(OURS, ours);
    }
    System.out.println();
    return List.of(
        speed(decodeWide, pairs, 2.0, 3.0),
        speed(decodeFlat, pairs, 1.5, 2.0),
        speed(fiveOfWide, pairs, 6.5, 8),
        speed(encodeWide, pairs, 3.0, 3.3),
        speed(encodeFlat, pairs, 1.65, 1.8),
        new Goal(
            "decode wide, bytes allocated to those of " + FLINK,
            pair(pairs, decodeWide).bytesRatio.median(),
            Goal.Bound.AT_MOST,
            0.45,
            0.40));
  }

  private static Goal speed(Task task, Map<String, Pair> pairs, double wanted, double aim) {
    return new Goal(
        task.name() + ", speed to that of " + FLINK,
        pair(pairs, task).speed.median(),
        Goal.Bound.AT_LEAST,
        wanted,
        aim);
  }

  private static Pair pair(Map<String, Pair> pairs, Task task) {
    Pair pair = pairs.get(task.name());
    if (pair == null) {
      throw new IllegalStateException(task.name() + " was not measured");
    }
    return pair;
  }

  private static Task task(
      String name,
      boolean encodes,
      List<byte[]> events,
      Descriptor descriptor,
      Class<?> compiled,
      DataType type)
      throws Exception {
    RowType rowType = (RowType) type.getLogicalType();
    DynamicMessageSchema dynamic = new DynamicMessageSchema(descriptor, rowType);
    String descriptors =
        Base64.getEncoder()
            .encodeToString(
                FileDescriptorSet.newBuilder()
                    .addFile(descriptor.getFile().toProto())
                    .build()
                    .toByteArray());
    return new Task(
        name,
        encodes,
        events,
        rowType,
        List.of(
            FormatDuels.contestant(
                FLINK, "protobuf", Map.of("message-class-name", compiled.getName()), type),
            new Contestant(DYNAMIC, dynamic, dynamic),
            FormatDuels.contestant(
                OURS,
                "protobuf-descriptor",
                Map.of("message-name", descriptor.getFullName(), "descriptor-set", descriptors),
                type)));
  }
}
