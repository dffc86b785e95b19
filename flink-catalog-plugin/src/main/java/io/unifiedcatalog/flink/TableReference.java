package io.unifiedcatalog.flink;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.factories.FactoryUtil;

/**
 * Names a table of a catalog server; all that Flink ever stores or prints of how a table is
 * reached.
 *
 * @param version the table's version that a statement was planned with; 0: the newest
 * @param endpoint where the catalog server was when the reference was made; empty: not known
 * @param store the id of the store that the table is in; empty: a release before there were ids
 *     made the reference
 */
record TableReference(String database, String table, long version, String endpoint, String store) {
  /** The value of the option {@code connector}. */
  static final String CONNECTOR = "unified";

  static final String DATABASE = "unified.database";
  static final String TABLE = "unified.table";
  static final String VERSION = "unified.version";
  static final String ENDPOINT = "unified.endpoint";
  static final String STORE = "unified.store";

  /** The keys of a reference. They are the catalog's and never reach a connector. */
  static final List<String> KEYS =
      List.of(FactoryUtil.CONNECTOR.key(), DATABASE, TABLE, VERSION, ENDPOINT, STORE);

  private static final Pattern STORE_ID =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

  /** Reads the reference out of a table's options. */
  static TableReference of(Map<String, String> options) {
    String version = options.getOrDefault(VERSION, "0");
    String store = options.get(STORE);
    // An empty one would be a way to leave the check out.
    if (store != null && !STORE_ID.matcher(store).matches()) {
      throw new ValidationException(
          String.format(
              "Option '%s' of the reference to table %s.%s is '%s', which is not the id of a"
                  + " catalog's store. Leave it as SHOW CREATE TABLE and LIKE give it.",
              STORE, required(options, DATABASE), required(options, TABLE), store));
    }
    try {
      return new TableReference(
          required(options, DATABASE),
          required(options, TABLE),
          Long.parseLong(version),
          options.getOrDefault(ENDPOINT, ""),
          store == null ? "" : store);
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
    if (!store.isEmpty()) {
      options.put(STORE, store);
    }
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
