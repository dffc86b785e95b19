package io.unifiedcatalog.server.crawl;

import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Statistics;
import io.unifiedcatalog.server.store.MetadataStore.Fingerprint;
import io.unifiedcatalog.server.store.MetadataStore.TableWrite;
import io.unifiedcatalog.server.store.TableDocument;
import io.unifiedcatalog.server.store.TableWrites;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What has changed in a database, from what is stored and what is read. A function of the two: no
 * I/O. Only tables that changed are kept, each as the text that will be stored.
 */
final class TableDiff {
  /** Statistics that moved by less than this share of what is stored are not worth a write. */
  private static final double STATISTICS_SHARE = 0.1;

  private final Map<String, Fingerprint> stored;
  private final int mappingVersion;
  private final MessageDigest digest;
  private final Set<String> seen = new HashSet<>();
  private final TableWrites writes = new TableWrites();
  private final Map<String, Statistics> statistics = new HashMap<>();
  private long added;
  private long altered;
  private long unchanged;

  /**
   * A diff against what is stored.
   *
   * @param stored by table name, dropped tables too
   * @param mappingVersion of the source's types; part of each fingerprint
   */
  TableDiff(Map<String, Fingerprint> stored, int mappingVersion) {
    this.stored = stored;
    this.mappingVersion = mappingVersion;
    try {
      this.digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  /** A table that was read. */
  void table(PhysicalTable table, Statistics read) {
    // What may fail comes first, so that a table which does is not taken by half.
    String document = TableDocument.encode(table);
    byte[] fingerprint = fingerprint(document);
    Fingerprint known = stored.get(table.name());
    boolean moved = moved(known == null ? Statistics.UNKNOWN : known.statistics(), read);
    seen.add(table.name());
    if (known != null && !known.dropped() && Arrays.equals(known.fingerprint(), fingerprint)) {
      unchanged++;
    } else {
      writes.add(TableWrite.of(table, document, fingerprint));
      if (known == null || known.dropped()) {
        added++;
      } else {
        altered++;
      }
    }
    if (moved) {
      statistics.put(table.name(), read);
    }
  }

  /** A table that is there but could not be read: it stays as it is stored. */
  void unreadable(String table) {
    seen.add(table);
  }

  private byte[] fingerprint(String document) {
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, mappingVersion));
    return digest.digest(document.getBytes(StandardCharsets.UTF_8));
  }

  private static boolean moved(Statistics stored, Statistics read) {
    return moved(stored.rowCount(), read.rowCount()) || moved(stored.sizeBytes(), read.sizeBytes());
  }

  private static boolean moved(@Nullable Long stored, @Nullable Long read) {
    if (read == null) {
      return false;
    }
    return stored == null || Math.abs(read - stored) > STATISTICS_SHARE * stored;
  }

  /** Tables to store, new and changed. */
  TableWrites writes() {
    return writes;
  }

  /** Statistics to store, by table. */
  Map<String, Statistics> statistics() {
    return statistics;
  }

  /** Tables that are stored and were not read, in order. */
  List<String> drops() {
    return stored.entrySet().stream()
        .filter(entry -> !entry.getValue().dropped() && !seen.contains(entry.getKey()))
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }

  /** How many tables are stored and not dropped. */
  long known() {
    return stored.values().stream().filter(fingerprint -> !fingerprint.dropped()).count();
  }

  /** How many tables were read. */
  long read() {
    return seen.size();
  }

  long added() {
    return added;
  }

  long altered() {
    return altered;
  }

  long unchanged() {
    return unchanged;
  }
}
