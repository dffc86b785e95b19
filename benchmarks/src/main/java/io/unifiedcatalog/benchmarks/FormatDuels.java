package io.unifiedcatalog.benchmarks;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
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
 * Formats beside each other, through the schemas that a job uses.
 *
 * <p>One process; pair by pair in alternating slices of about 60 ms, by the thread's CPU time. What
 * is quoted of a pair is the median of its rounds' ratios, with the least and the greatest.
 */
final class FormatDuels {
  private static final long SLICE_NANOS = 60_000_000;
  private static final int WARM_UP_SLICES = 25;

  private static final ThreadMXBean THREAD = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Where results go, so that none is optimised away. */
  private @Nullable Object sink;

  private final int rounds;

  FormatDuels(int rounds) {
    this.rounds = rounds;
  }

  /** A contestant's schemas for one row type. */
  record Contestant(
      String name, DeserializationSchema<RowData> decoder, SerializationSchema<RowData> encoder) {}

  /** One thing that all contestants do with the same events: the yardstick first, ours last. */
  record Task(
      String name, boolean encodes, List<byte[]> events, LogicalType type, List<Contestant> all) {
    /** What the others are measured by. */
    Contestant yardstick() {
      return all.get(0);
    }

    /** This project's. */
    Contestant ours() {
      return all.get(all.size() - 1);
    }

    Contestant contestant(String name) {
      return all.stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
    }
  }

  /** What one record cost in a slice. */
  record Cost(double nanos, double bytes) {}

  /** The two sides of a pair over all rounds, and their ratios. */
  static final class Pair {
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

  /** Sees that all give the same, and lets the compiler see everything. */
  void prepare(List<Task> tasks) throws Exception {
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
  }

  static void printHead() {
    System.out.printf(
        "%-16s%-20s %8s %26s %8s %26s%n",
        "", "", "ns", "speed: median, min, max", "bytes", "bytes: median, min, max");
  }

  static void printYardstick(Task task, Pair pair) {
    System.out.printf(
        Locale.ROOT,
        "%-16s%-20s %8.0f %26s %8.0f%n",
        task.name(),
        task.yardstick().name(),
        pair.yardstickNanos.median(),
        "1       ",
        pair.yardstickBytes.median());
  }

  static void print(String name, Pair pair) {
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

  /** Measures a contestant beside the first of its task. */
  Pair pair(Task task, String name) throws Exception {
    Contestant yardstick = task.yardstick();
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
    DeserializationSchema<RowData> decoder = task.ours().decoder();
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
    Contestant yardstick = task.yardstick();
    for (byte[] event : task.events()) {
      Object expected = plain(yardstick.decoder().deserialize(event), task.type());
      for (Contestant contestant : task.all()) {
        RowData row = contestant.decoder().deserialize(event);
        requireEqual(task, yardstick, contestant, plain(row, task.type()), expected);
        byte[] written = contestant.encoder().serialize(row);
        requireEqual(
            task,
            yardstick,
            contestant,
            plain(yardstick.decoder().deserialize(written), task.type()),
            expected);
      }
    }
  }

  private static void requireEqual(
      Task task, Contestant yardstick, Contestant contestant, Object actual, Object expected) {
    if (!actual.equals(expected)) {
      throw new IllegalStateException(
          task.name()
              + ": "
              + contestant.name()
              + " gives "
              + actual
              + ", but "
              + yardstick.name()
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

  /** A format as a job finds it: by its identifier, with its options. */
  static Contestant contestant(
      String name, String format, Map<String, String> options, DataType type) throws Exception {
    ClassLoader classLoader = FormatDuels.class.getClassLoader();
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
      return SimpleUserCodeClassLoader.create(FormatDuels.class.getClassLoader());
    }
  }
}
