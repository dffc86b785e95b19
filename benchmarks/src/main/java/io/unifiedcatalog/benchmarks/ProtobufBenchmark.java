package io.unifiedcatalog.benchmarks;

import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.sun.management.ThreadMXBean;
import io.unifiedcatalog.benchmarks.Benchmark.Goal;
import io.unifiedcatalog.benchmarks.events.Click;
import io.unifiedcatalog.benchmarks.events.LogEvent;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DeserializationFormatFactory;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.SerializationFormatFactory;
import org.apache.flink.table.runtime.connector.sink.SinkRuntimeProviderContext;
import org.apache.flink.table.runtime.connector.source.ScanRuntimeProviderContext;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.util.SimpleUserCodeClassLoader;
import org.apache.flink.util.UserCodeClassLoader;
import org.jspecify.annotations.Nullable;

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
  private static final long SLICE_NANOS = 60_000_000;
  private static final int WARM_UP_SLICES = 25;

  private static final ThreadMXBean THREAD = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static final DataType LOG_EVENT =
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

  private static final DataType FIVE_OF_LOG_EVENT =
      DataTypes.ROW(
          DataTypes.FIELD("timestamp_ms", DataTypes.BIGINT()),
          DataTypes.FIELD("level", DataTypes.STRING()),
          DataTypes.FIELD("service", DataTypes.STRING()),
          DataTypes.FIELD("http_status", DataTypes.INT()),
          DataTypes.FIELD("duration_ms", DataTypes.DOUBLE()));

  private static final DataType CLICK =
      DataTypes.ROW(
          DataTypes.FIELD("id", DataTypes.BIGINT()),
          DataTypes.FIELD("timestamp_ms", DataTypes.BIGINT()),
          DataTypes.FIELD("user_id", DataTypes.STRING()),
          DataTypes.FIELD("page", DataTypes.STRING()),
          DataTypes.FIELD("status", DataTypes.INT()),
          DataTypes.FIELD("price", DataTypes.DOUBLE()),
          DataTypes.FIELD("cached", DataTypes.BOOLEAN()),
          DataTypes.FIELD("duration_ms", DataTypes.INT()));

  private static final DataType TWO_OF_CLICK =
      DataTypes.ROW(
          DataTypes.FIELD("timestamp_ms", DataTypes.BIGINT()),
          DataTypes.FIELD("page", DataTypes.STRING()));

  /** Where results go, so that none is optimised away. */
  private @Nullable Object sink;

  private final int rounds;

  private ProtobufBenchmark(int rounds) {
    this.rounds = rounds;
  }

  /** A contestant's schemas for one row type. */
  private record Contestant(
      String name, DeserializationSchema<RowData> decoder, SerializationSchema<RowData> encoder) {}

  /** One thing that all contestants do with the same events. */
  private record Task(
      String name, boolean encodes, List<byte[]> events, LogicalType type, List<Contestant> all) {
    Contestant contestant(String name) {
      return all.stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
    }
  }

  /** What one record cost in a slice. */
  private record Cost(double nanos, double bytes) {}

  /** The two sides of a pair over all rounds, and their ratios. */
  private static final class Pair {
    final Figures yardstickNanos = new Figures();
    final Figures nanos = new Figures();
    final Figures speed = new Figures();
    final Figures yardstickBytes = new Figures();
    final Figures bytes = new Figures();
    final Figures bytesRatio = new Figures();

    void add(Cost yardstick, Cost cost) {
      yardstickNanos.add(yardstick.nanos());
      nanos.add(cost.nanos());
      speed.add(yardstick.nanos() / cost.nanos());
      yardstickBytes.add(yardstick.bytes());
      bytes.add(cost.bytes());
      bytesRatio.add(cost.bytes() / yardstick.bytes());
    }
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
    for (Task task : tasks) {
      requireEqualResults(task);
    }
    for (int i = 0; i < WARM_UP_SLICES; i++) {
      for (Task task : tasks) {
        for (Contestant contestant : task.all()) {
          slice(task, contestant, SLICE_NANOS / 2);
        }
      }
    }

    System.out.printf(
        "%-16s%-20s %8s %26s %8s %26s%n",
        "", "", "ns", "speed: median, min, max", "bytes", "bytes: median, min, max");
    Map<String, Pair> pairs = new HashMap<>();
    for (Task task : tasks) {
      Pair ours = pair(task, OURS);
      Pair dynamic = pair(task, DYNAMIC);
      pairs.put(task.name(), ours);
      System.out.printf(
          Locale.ROOT,
          "%-16s%-20s %8.0f %26s %8.0f%n",
          task.name(),
          FLINK,
          ours.yardstickNanos.median(),
          "1       ",
          ours.yardstickBytes.median());
      print(DYNAMIC, dynamic);
      print(OURS, ours);
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

  private static void print(String name, Pair pair) {
    System.out.printf(
        Locale.ROOT,
        "%-16s%-20s %8.0f %s %8.0f %s%n",
        "",
        name,
        pair.nanos.median(),
        pair.speed,
        pair.bytes.median(),
        pair.bytesRatio);
  }

  private Pair pair(Task task, String name) throws Exception {
    Contestant yardstick = task.contestant(FLINK);
    Contestant contestant = task.contestant(name);
    Pair pair = new Pair();
    // The first round only settles the pair's own caches.
    slice(task, yardstick, SLICE_NANOS);
    slice(task, contestant, SLICE_NANOS);
    for (int round = 0; round < rounds; round++) {
      pair.add(slice(task, yardstick, SLICE_NANOS), slice(task, contestant, SLICE_NANOS));
    }
    return pair;
  }

  private Cost slice(Task task, Contestant contestant, long length) throws Exception {
    sink = null;
    Cost cost =
        task.encodes()
            ? encode(task, contestant.encoder(), length)
            : decode(task, contestant.decoder(), length);
    if (sink == null) {
      throw new IllegalStateException(contestant.name() + " gave nothing for " + task.name());
    }
    return cost;
  }

  private Cost decode(Task task, DeserializationSchema<RowData> decoder, long length)
      throws Exception {
    long records = 0;
    long bytes = THREAD.getCurrentThreadAllocatedBytes();
    long begin = THREAD.getCurrentThreadCpuTime();
    long nanos;
    do {
      for (byte[] event : task.events()) {
        sink = decoder.deserialize(event);
      }
      records += task.events().size();
      nanos = THREAD.getCurrentThreadCpuTime() - begin;
    } while (nanos < length);
    bytes = THREAD.getCurrentThreadAllocatedBytes() - bytes;
    return new Cost(nanos / (double) records, bytes / (double) records);
  }

  /**
   * The rows are fresh from a decoder each time, as they are in a job: a row's strings keep the
   * text that somebody asked them for, and only the first writer would pay for it.
   */
  private Cost encode(Task task, SerializationSchema<RowData> encoder, long length)
      throws Exception {
    DeserializationSchema<RowData> decoder = task.contestant(OURS).decoder();
    RowData[] rows = new RowData[task.events().size()];
    long records = 0;
    long bytes = 0;
    long nanos = 0;
    while (nanos < length) {
      for (int i = 0; i < rows.length; i++) {
        rows[i] = decoder.deserialize(task.events().get(i));
      }
      long allocated = THREAD.getCurrentThreadAllocatedBytes();
      long begin = THREAD.getCurrentThreadCpuTime();
      for (RowData row : rows) {
        sink = encoder.serialize(row);
      }
      nanos += THREAD.getCurrentThreadCpuTime() - begin;
      bytes += THREAD.getCurrentThreadAllocatedBytes() - allocated;
      records += rows.length;
    }
    return new Cost(nanos / (double) records, bytes / (double) records);
  }

  private static void requireEqualResults(Task task) throws Exception {
    Contestant yardstick = task.contestant(FLINK);
    for (byte[] event : task.events()) {
      Object expected = plain(yardstick.decoder().deserialize(event), task.type());
      for (Contestant contestant : task.all()) {
        RowData row = contestant.decoder().deserialize(event);
        requireEqual(task, contestant, plain(row, task.type()), expected);
        byte[] written = contestant.encoder().serialize(row);
        requireEqual(
            task,
            contestant,
            plain(yardstick.decoder().deserialize(written), task.type()),
            expected);
      }
    }
  }

  private static void requireEqual(
      Task task, Contestant contestant, Object actual, Object expected) {
    if (!actual.equals(expected)) {
      throw new IllegalStateException(
          task.name()
              + ": "
              + contestant.name()
              + " gives "
              + actual
              + ", but "
              + FLINK
              + " gives "
              + expected);
    }
  }

  /**
   * A value as nested lists and maps, which have an equals. An empty array or map and NULL count as
   * the same: Flink's own format gives NULL for a repeated field without elements.
   */
  private static Object plain(@Nullable Object value, LogicalType type) {
    List<Object> list = new ArrayList<>();
    if (value instanceof RowData row) {
      RowType rowType = (RowType) type;
      for (int i = 0; i < row.getArity(); i++) {
        LogicalType field = rowType.getTypeAt(i);
        list.add(plain(RowData.createFieldGetter(field, i).getFieldOrNull(row), field));
      }
    } else if (value instanceof ArrayData array) {
      LogicalType element = ((ArrayType) type).getElementType();
      ArrayData.ElementGetter getter = ArrayData.createElementGetter(element);
      for (int i = 0; i < array.size(); i++) {
        list.add(plain(getter.getElementOrNull(array, i), element));
      }
    } else if (value instanceof MapData data) {
      MapType mapType = (MapType) type;
      List<?> keys = (List<?>) plain(data.keyArray(), new ArrayType(mapType.getKeyType()));
      List<?> values = (List<?>) plain(data.valueArray(), new ArrayType(mapType.getValueType()));
      Map<Object, Object> map = new HashMap<>();
      for (int i = 0; i < keys.size(); i++) {
        map.put(keys.get(i), values.get(i));
      }
      return map.isEmpty() ? list : map;
    } else if (value != null) {
      return value instanceof byte[] bytes ? Arrays.toString(bytes) : value;
    }
    return list;
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
            contestant(FLINK, "protobuf", Map.of("message-class-name", compiled.getName()), type),
            new Contestant(DYNAMIC, dynamic, dynamic),
            contestant(
                OURS,
                "protobuf-descriptor",
                Map.of("message-name", descriptor.getFullName(), "descriptor-set", descriptors),
                type)));
  }

  /** A format as a job finds it: by its identifier, with its options. */
  private static Contestant contestant(
      String name, String format, Map<String, String> options, DataType type) throws Exception {
    ClassLoader classLoader = ProtobufBenchmark.class.getClassLoader();
    ResolvedSchema columns =
        ResolvedSchema.of(
            DataType.getFields(type).stream()
                .<Column>map(field -> Column.physical(field.getName(), field.getDataType()))
                .toList());
    DynamicTableFactory.Context table =
        new FactoryUtil.DefaultDynamicTableContext(
            ObjectIdentifier.of("c", "d", "t"),
            new ResolvedCatalogTable(
                CatalogTable.newBuilder()
                    .schema(Schema.newBuilder().fromResolvedSchema(columns).build())
                    .options(Map.of("connector", "kafka", "format", format))
                    .build(),
                columns),
            Map.of(),
            new Configuration(),
            classLoader,
            false);
    Configuration configuration = Configuration.fromMap(options);
    DeserializationSchema<RowData> decoder =
        FactoryUtil.discoverFactory(classLoader, DeserializationFormatFactory.class, format)
            .createDecodingFormat(table, configuration)
            .createRuntimeDecoder(ScanRuntimeProviderContext.INSTANCE, type);
    SerializationSchema<RowData> encoder =
        FactoryUtil.discoverFactory(classLoader, SerializationFormatFactory.class, format)
            .createEncodingFormat(table, configuration)
            .createRuntimeEncoder(new SinkRuntimeProviderContext(false), type);
    Opening opening = new Opening();
    decoder.open(opening);
    encoder.open(opening);
    return new Contestant(name, decoder, encoder);
  }

  private static final class Opening
      implements DeserializationSchema.InitializationContext,
          SerializationSchema.InitializationContext {
    @Override
    public MetricGroup getMetricGroup() {
      return new UnregisteredMetricsGroup();
    }

    @Override
    public UserCodeClassLoader getUserCodeClassLoader() {
      return SimpleUserCodeClassLoader.create(ProtobufBenchmark.class.getClassLoader());
    }
  }
}
