package io.unifiedcatalog.flink;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.factories.FactoryUtil;

/**
 * Names a table of a catalog server; all that Flink ever stores or prints of how a table is
 * reached.
 *
 * @param version the table's version that a statement was planned with; 0: the newest
 */
record TableReference(String database, String table, long version, String endpoint) {
  /** The value of the option {@code connector}. */
  static final String CONNECTOR = "unified";

  static final String DATABASE = "unified.database";
  static final String TABLE = "unified.table";
  static final String VERSION = "unified.version";
  static final String ENDPOINT = "unified.endpoint";

  /** The keys of a reference. They are the catalog's and never reach a connector. */
  static final List<String> KEYS =
      List.of(FactoryUtil.CONNECTOR.key(), DATABASE, TABLE, VERSION, ENDPOINT);

  /** Reads the reference out of a table's options. */
  static TableReference of(Map<String, String> options) {
    String version = options.getOrDefault(VERSION, "0");
    try {
      return new TableReference(
          required(options, DATABASE),
          required(options, TABLE),
          Long.parseLong(version),
          options.getOrDefault(ENDPOINT, ""));
    } catch (NumberFormatException e) {
      throw new ValidationException(
          String.format(
              "Option '%s' is '%s', which is not a version of a table. Leave the option out to use"
                  + " the newest version.",
              VERSION, version));
    }
  }

  /** This reference as options, in order, without the version. */
  Map<String, String> options() {
    Map<String, String> options = new LinkedHashMap<>();
    options.put(FactoryUtil.CONNECTOR.key(), CONNECTOR);
    options.put(DATABASE, database);
    options.put(TABLE, table);
    options.put(ENDPOINT, endpoint);
    return options;
  }

  private static String required(Map<String, String> options, String key) {
    String value = options.get(key);
    if (value == null || value.isEmpty()) {
      throw new ValidationException(
          String.format(
              "A table with 'connector' = '%s' needs option '%s'. Such tables are not written by"
                  + " hand: use the catalog, or LIKE a table of it.",
              CONNECTOR, key));
    }
    return value;
  }
}
