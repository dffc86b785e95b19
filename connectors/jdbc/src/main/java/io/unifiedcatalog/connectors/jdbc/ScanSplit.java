package io.unifiedcatalog.connectors.jdbc;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/**
 * A part of a table.
 *
 * @param condition as SQL, without parameters; empty: the whole table
 */
record ScanSplit(int number, String condition) implements SourceSplit, Serializable {
  private static final long serialVersionUID = 1;

  @Override
  public String splitId() {
    return Integer.toString(number);
  }

  /** Of a split. */
  static final class Serializer implements SimpleVersionedSerializer<ScanSplit> {
    @Override
    public int getVersion() {
      return 1;
    }

    @Override
    public byte[] serialize(ScanSplit split) throws IOException {
      return new PendingSerializer().serialize(List.of(split));
    }

    @Override
    public ScanSplit deserialize(int version, byte[] bytes) throws IOException {
      return new PendingSerializer().deserialize(version, bytes).get(0);
    }
  }

  /** Of those that are not handed out. */
  static final class PendingSerializer implements SimpleVersionedSerializer<List<ScanSplit>> {
    @Override
    public int getVersion() {
      return 1;
    }

    @Override
    public byte[] serialize(List<ScanSplit> splits) throws IOException {
      DataOutputSerializer out = new DataOutputSerializer(64);
      out.writeInt(splits.size());
      for (ScanSplit split : splits) {
        out.writeInt(split.number);
        out.writeUTF(split.condition);
      }
      return out.getCopyOfBuffer();
    }

    @Override
    public List<ScanSplit> deserialize(int version, byte[] bytes) throws IOException {
      DataInputDeserializer in = new DataInputDeserializer(bytes);
      List<ScanSplit> splits = new ArrayList<>();
      for (int left = in.readInt(); left > 0; left--) {
        splits.add(new ScanSplit(in.readInt(), in.readUTF()));
      }
      return splits;
    }
  }
}
