package io.unifiedcatalog.connectors.redis;

import io.unifiedcatalog.redis.RedisConnection;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/**
 * The keys of one of the nodes that together hold all.
 *
 * @param node as {@link RedisConnection#primaries} names it
 */
record ScanSplit(String node) implements SourceSplit {
  @Override
  public String splitId() {
    return node;
  }

  /** Of a split. */
  static final class Serializer implements SimpleVersionedSerializer<ScanSplit> {
    @Override
    public int getVersion() {
      return 1;
    }

    @Override
    public byte[] serialize(ScanSplit split) {
      return split.node.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public ScanSplit deserialize(int version, byte[] bytes) {
      return new ScanSplit(new String(bytes, StandardCharsets.UTF_8));
    }
  }

  /**
   * What an enumerator has yet to hand out.
   *
   * @param listed whether the nodes were asked for
   */
  record Pending(boolean listed, List<ScanSplit> splits) {
    Pending {
      splits = List.copyOf(splits);
    }
  }

  /** Of what is pending. */
  static final class PendingSerializer implements SimpleVersionedSerializer<Pending> {
    @Override
    public int getVersion() {
      return 1;
    }

    @Override
    public byte[] serialize(Pending pending) throws IOException {
      DataOutputSerializer out = new DataOutputSerializer(64);
      out.writeBoolean(pending.listed);
      out.writeInt(pending.splits.size());
      for (ScanSplit split : pending.splits) {
        out.writeUTF(split.node);
      }
      return out.getCopyOfBuffer();
    }

    @Override
    public Pending deserialize(int version, byte[] bytes) throws IOException {
      DataInputDeserializer in = new DataInputDeserializer(bytes);
      boolean listed = in.readBoolean();
      List<ScanSplit> splits = new ArrayList<>();
      for (int left = in.readInt(); left > 0; left--) {
        splits.add(new ScanSplit(in.readUTF()));
      }
      return new Pending(listed, splits);
    }
  }
}
