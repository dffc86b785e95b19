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
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.flink.formats.avro.typeutils.AvroSchemaConverter;
import org.apache.flink.table.types.DataType;

/**
 * This project's Avro format beside Flink's own, on records that Flink's wrote: it reads only what
 * has the schema that it makes of the columns.
 */
final class AvroBenchmark {
  private static final String FLINK = "flink-avro";
  private static final String OURS = "avro-schema";

  private static final int EVENTS = 512;

  /** Flink's own default reads another type than what it makes of a timestamp. */
  private static final Map<String, String> FLINK_OPTIONS =
      Map.of("timestamp_mapping.legacy", "false");

  private AvroBenchmark() {}

  static List<Goal> run(List<String> arguments, Path directory) throws Exception {
    int rounds = 21;
    if (arguments.size() == 2 && arguments.get(0).equals("--rounds")) {
      rounds = Integer.parseInt(arguments.get(1));
    } else if (!arguments.isEmpty()) {
      throw new IllegalArgumentException("Usage: ./benchmark avro [--rounds N]");
    }
    FormatDuels duels = new FormatDuels(rounds);
    // A table's row is NOT NULL; of one that is not, Flink's format makes a union.
    DataType logEvent = ProtobufBenchmark.LOG_EVENT.notNull();
    DataType click = ProtobufBenchmark.CLICK.notNull();
    List<byte[]> wide = events(LogEvents.wide(EVENTS), LogEvent.getDescriptor(), logEvent);
    List<byte[]> flat = events(LogEvents.flat(EVENTS), Click.getDescriptor(), click);
    System.out.printf(
        Locale.ROOT,
        "%d wide events of %.0f bytes on average, %d flat ones of %.0f%n%n",
        EVENTS,
        wide.stream().mapToInt(event -> event.length).average().orElseThrow(),
        EVENTS,
        flat.stream().mapToInt(event -> event.length).average().orElseThrow());

    Task decodeWide = task("decode wide", false, wide, logEvent);
    Task encodeWide = task("encode wide", true, wide, logEvent);
    Task decodeFlat = task("decode flat", false, flat, click);
    Task encodeFlat = task("encode flat", true, flat, click);
    List<Task> tasks = List.of(decodeWide, encodeWide, decodeFlat, encodeFlat);
    duels.prepare(tasks);
    FormatDuels.printHead();
    List<Goal> goals = new ArrayList<>();
    for (Task task : tasks) {
      Pair pair = duels.pair(task, OURS);
      FormatDuels.printYardstick(task, pair);
      FormatDuels.print(OURS, pair);
      double wanted = task.encodes() ? 1.2 : 1.5;
      goals.add(
          new Goal(
              task.name() + ", speed to that of " + FLINK,
              pair.speed.median(),
              Goal.Bound.AT_LEAST,
              wanted,
              wanted));
    }
    System.out.println();
    return goals;
  }

  /** Protobuf's events as Avro's. */
  private static List<byte[]> events(List<byte[]> events, Descriptor message, DataType type)
      throws Exception {
    String descriptors =
        Base64.getEncoder()
            .encodeToString(
                FileDescriptorSet.newBuilder()
                    .addFile(message.getFile().toProto())
                    .build()
                    .toByteArray());
    Contestant from =
        FormatDuels.contestant(
            "protobuf",
            "protobuf-descriptor",
            Map.of("message-name", message.getFullName(), "descriptor-set", descriptors),
            type);
    Contestant to = FormatDuels.contestant(FLINK, "avro", FLINK_OPTIONS, type);
    List<byte[]> records = new ArrayList<>();
    for (byte[] event : events) {
      records.add(to.encoder().serialize(from.decoder().deserialize(event)));
    }
    return records;
  }

  private static Task task(String name, boolean encodes, List<byte[]> events, DataType type)
      throws Exception {
    String schema = AvroSchemaConverter.convertToSchema(type.getLogicalType(), false).toString();
    return new Task(
        name,
        encodes,
        events,
        type.getLogicalType(),
        List.of(
            FormatDuels.contestant(FLINK, "avro", FLINK_OPTIONS, type),
            FormatDuels.contestant(OURS, "avro-schema", Map.of("schema", schema), type)));
  }
}
