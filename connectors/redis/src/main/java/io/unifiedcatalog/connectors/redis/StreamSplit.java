package io.unifiedcatalog.connectors.redis;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.core.memory.DataOutputView;
import org.jspecify.annotations.Nullable;

/**
 * A stream and how far it was read.
 *
 * @param after the id of the last entry that was read
 * @param end the id of the last that is to be read; null: there is none
 */
record StreamSplit(String key, String after, @Nullable String end) implements SourceSplit {
  @Override
  public String splitId() {
    return key;
  }

  private void write(DataOutputView out) throws IOException {
    // Not as UTF, which must be short: a key may have 512 MB.
    byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
    out.writeUTF(after);
    out.writeUTF(end == null ? "" : end);
  }

  private static StreamSplit read(DataInputView in) throws IOException {
    String key = readKey(in);
    String after = in.readUTF();
    String end = in.readUTF();
    return new StreamSplit(key, after, end.isEmpty() ? null : end);
  }

  private static String readKey(DataInputView in) throws IOException {
    byte[] bytes = new byte[in.readInt()];
    in.readFully(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Of a split. */
  static final class Serializer implements SimpleVersionedSerializer<StreamSplit> {
    @Override
    public int getVersion() {
      return 1;
    }

    @Override
    public byte[] serialize(StreamSplit split) throws IOException {
      DataOutputSerializer out = new DataOutputSerializer(64);
      split.write(out);
      return out.getCopyOfBuffer();
    }

    @Override
    public StreamSplit deserialize(int version, byte[] bytes) throws IOException {
      return read(new DataInputDeserializer(bytes));
    }
  }

  /**
   * What an enumerator knows.
   *
   * @param discovered whether streams were looked for, so that one which is found later is new
   * @param known every key that was found, so that none is read twice
   * @param pending those of them that no reader has
   */
  record Known(boolean discovered, Set<String> known, List<StreamSplit> pending) {
    Known {
      known = Set.copyOf(known);
      pending = List.copyOf(pending);
    }
  }

  /** Of what is known. */
  static final class KnownSerializer implements SimpleVersionedSerializer<Known> {
    @Override
    public int getVersion() {
      return 1;
    }

    @Override
    public byte[] serialize(Known state) throws IOException {
      DataOutputSerializer out = new DataOutputSerializer(256);
      out.writeBoolean(state.discovered);
      out.writeInt(state.known.size());
      for (String key : state.known) {
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
      }
      out.writeInt(state.pending.size());
      for (StreamSplit split : state.pending) {
        split.write(out);
      }
      return out.getCopyOfBuffer();
    }

    @Override
    public Known deserialize(int version, byte[] bytes) throws IOException {
      DataInputDeserializer in = new DataInputDeserializer(bytes);
      boolean discovered = in.readBoolean();
      Set<String> known = new HashSet<>();
      for (int left = in.readInt(); left > 0; left--) {
        known.add(readKey(in));
      }
      List<StreamSplit> pending = new ArrayList<>();
      for (int left = in.readInt(); left > 0; left--) {
        pending.add(StreamSplit.read(in));
      }
      return new Known(discovered, known, pending);
    }
  }
}
