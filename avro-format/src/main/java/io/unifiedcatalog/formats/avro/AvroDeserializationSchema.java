package io.unifiedcatalog.formats.avro;

import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.table.data.RowData;
import org.jspecify.annotations.Nullable;

/**
 * Reads a record into a row, by the schema that it was written with. The row shares the record's
 * bytes, which nobody may change afterwards.
 */
final class AvroDeserializationSchema implements DeserializationSchema<RowData> {
  private static final long serialVersionUID = 1L;

  /** How many ids a message lists. */
  private static final int IDS_IN_ERROR = 20;

  private final AvroFormat format;
  private final Projection projection;
  private final TypeInformation<RowData> type;

  private transient @Nullable Opened opened;

  /** What a task makes of the options. */
  private static final class Opened {
    private final Schema reader;
    private final Frame frame;
    private final Input input = new Input();
    private final Map<Long, RecordReader> readers = new HashMap<>();
    private long lastKey;
    private @Nullable RecordReader last;

    Opened(AvroFormat format) {
      reader = format.parsed();
      frame = format.frame();
    }
  }

  AvroDeserializationSchema(
      AvroFormat format, Projection projection, TypeInformation<RowData> type) {
    this.format = format;
    this.projection = projection;
    this.type = type;
  }

  @Override
  public void open(InitializationContext context) {
    opened = new Opened(format);
  }

  /**
   * The row of a record; null for a record without value, and for one that cannot be read if such
   * are skipped.
   */
  @Override
  public @Nullable RowData deserialize(byte @Nullable [] record) throws AvroParseException {
    if (record == null) {
      return null;
    }
    Opened task = opened;
    if (task == null) {
      task = new Opened(format);
      opened = task;
    }
    try {
      long key = task.frame.key(record);
      RecordReader reader = task.last;
      if (reader == null || key != task.lastKey) {
        reader = reader(task, key, record);
      }
      task.input.begin(record, task.frame.length());
      return projection.project(reader.readAll(task.input));
    } catch (AvroParseException e) {
      if (format.ignoreParseErrors()) {
        return null;
      }
      e.of(task.reader.getFullName());
      throw e;
    }
  }

  private RecordReader reader(Opened task, long key, byte[] record) throws AvroParseException {
    RecordReader reader = task.readers.get(key);
    if (reader == null) {
      String text = format.writers().get(key);
      if (text == null) {
        throw new AvroParseException(
            0,
            record.length,
            String.format(
                "the record was written with the schema of %s, which the table does not have; it"
                    + " has %s. If that version was registered after the statement was planned,"
                    + " start the statement again",
                task.frame.named(key), known(task.frame)));
      }
      reader = ReadPlanner.plan(Schemas.parse(text), task.reader, projection.row());
      task.readers.put(key, reader);
    }
    task.last = reader;
    task.lastKey = key;
    return reader;
  }

  private String known(Frame frame) {
    String some =
        format.writers().keySet().stream()
            .sorted()
            .limit(IDS_IN_ERROR)
            .map(frame::named)
            .collect(Collectors.joining(", "));
    int more = format.writers().size() - IDS_IN_ERROR;
    return more > 0 ? some + " and " + more + " more" : some;
  }

  @Override
  public boolean isEndOfStream(RowData row) {
    return false;
  }

  @Override
  public TypeInformation<RowData> getProducedType() {
    return type;
  }
}
