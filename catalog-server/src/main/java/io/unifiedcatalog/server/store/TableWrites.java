package io.unifiedcatalog.server.store;

import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.store.MetadataStore.TableWrite;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/**
 * Tables to store, in the order in which they were added. All of a database must be known before
 * any is stored; that of a database with very many tables would take most of the heap, so what is
 * more than a statement carries is packed, to about a twentieth.
 */
public final class TableWrites {
  // A statement carries at most so many tables and about so many characters, whichever comes first.
  private static final int CHUNK_TABLES = 1_000;
  private static final long CHUNK_CHARACTERS = 4_000_000;

  private final List<String> names = new ArrayList<>();
  private final List<byte[]> packed = new ArrayList<>();
  private final List<TableWrite> last = new ArrayList<>();
  private long lastCharacters;

  /** No tables yet. */
  public TableWrites() {}

  /** These tables. */
  static TableWrites of(List<TableWrite> tables) {
    TableWrites writes = new TableWrites();
    tables.forEach(writes::add);
    return writes;
  }

  /** Adds a table. */
  public void add(TableWrite table) {
    if (last.size() == CHUNK_TABLES || lastCharacters >= CHUNK_CHARACTERS) {
      packed.add(pack(last));
      last.clear();
      lastCharacters = 0;
    }
    names.add(table.name());
    last.add(table);
    lastCharacters += table.document().length();
  }

  /** Their names, in order. */
  List<String> names() {
    return Collections.unmodifiableList(names);
  }

  /** Hands on the tables in chunks that are small enough for a statement each. */
  void forEachChunk(Consumer<List<TableWrite>> consumer) {
    for (byte[] chunk : packed) {
      consumer.accept(unpack(chunk));
    }
    if (!last.isEmpty()) {
      consumer.accept(Collections.unmodifiableList(last));
    }
  }

  private static byte[] pack(List<TableWrite> tables) {
    Deflater deflater = new Deflater(Deflater.BEST_SPEED);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out =
        new DataOutputStream(new DeflaterOutputStream(bytes, deflater, 1 << 16))) {
      out.writeInt(tables.size());
      for (TableWrite table : tables) {
        write(out, table.name());
        write(out, table.kind().name());
        write(out, table.comment());
        write(out, table.document());
        out.writeInt(table.fingerprint().length);
        out.write(table.fingerprint());
        write(out, table.searchText());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail to be written", e);
    } finally {
      deflater.end();
    }
    return bytes.toByteArray();
  }

  private static void write(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static List<TableWrite> unpack(byte[] chunk) {
    try (DataInputStream in =
        new DataInputStream(new InflaterInputStream(new ByteArrayInputStream(chunk)))) {
      int size = in.readInt();
      List<TableWrite> tables = new ArrayList<>(size);
      for (int i = 0; i < size; i++) {
        tables.add(
            new TableWrite(
                read(in),
                PhysicalTable.Kind.valueOf(read(in)),
                read(in),
                read(in),
                in.readNBytes(in.readInt()),
                read(in)));
      }
      return tables;
    } catch (IOException e) {
      throw new UncheckedIOException("what was packed can be unpacked", e);
    }
  }

  private static String read(DataInputStream in) throws IOException {
    return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
  }
}
