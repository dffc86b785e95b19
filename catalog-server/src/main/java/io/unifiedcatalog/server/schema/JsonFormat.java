package io.unifiedcatalog.server.schema;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Format;
import io.unifiedcatalog.server.model.Type;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Flink's own {@code json} format, which is part of every distribution of Flink. */
public final class JsonFormat {
  public static final String IDENTIFIER = "json";

  /** The option that says how timestamps are written; see {@link #ISO_8601}. */
  public static final String TIMESTAMP_FORMAT = "timestamp-format.standard";

  /** Timestamps as in {@code 2020-12-30T12:13:14.123Z}. */
  public static final String ISO_8601 = "ISO-8601";

  private static final Set<String> BOOLEAN = Set.of("true", "false");

  private static final Map<String, Set<String>> OPTIONS =
      Map.of(
          "fail-on-missing-field",
          BOOLEAN,
          "ignore-parse-errors",
          BOOLEAN,
          TIMESTAMP_FORMAT,
          Set.of("SQL", ISO_8601),
          "map-null-key.mode",
          Set.of("FAIL", "DROP", "LITERAL"),
          "map-null-key.literal",
          Set.of(),
          "encode.decimal-as-plain-number",
          BOOLEAN,
          "encode.ignore-null-fields",
          BOOLEAN,
          "decode.json-parser.enabled",
          BOOLEAN);

  private JsonFormat() {}

  /**
   * Checks a table's options for the format.
   *
   * @throws CatalogException INVALID_ARGUMENT with each that is unknown or wrong
   */
  public static void checkOptions(Map<String, String> options) {
    SchemaText.checkOptions(IDENTIFIER, options, OPTIONS);
    if ("true".equals(options.get("ignore-parse-errors"))
        && "true".equals(options.get("fail-on-missing-field"))) {
      throw CatalogException.invalid(
          "Options of the format are wrong",
          List.of(
              new CatalogException.Violation(
                  IDENTIFIER + ".fail-on-missing-field",
                  "cannot be true together with ignore-parse-errors")));
    }
  }

  /**
   * The format with a table's options.
   *
   * @throws CatalogException INVALID_ARGUMENT as {@link #checkOptions}; FAILED_PRECONDITION if the
   *     engine does not have it
   */
  public static Format of(Map<String, String> options, Engine engine) {
    checkOptions(options);
    checkFlink(IDENTIFIER, engine);
    return new Format(IDENTIFIER, options, List.of());
  }

  /**
   * Checks that the engine is a supported Flink.
   *
   * @throws CatalogException FAILED_PRECONDITION if it is not
   */
  public static void checkFlink(String format, Engine engine) {
    boolean supported =
        engine.name().equals("flink")
            && (engine.isMajor(2)
                || engine.version().equals("1.20")
                || engine.version().startsWith("1.20."));
    if (!supported) {
      throw new CatalogException(
          ErrorCode.FAILED_PRECONDITION,
          "ENGINE_UNSUPPORTED",
          "Format '"
              + format
              + "' is not known for "
              + engine.name()
              + " "
              + engine.version()
              + ". Use flink 1.20 or 2.x.");
    }
  }

  /** Why the format cannot read or write a type, as part of a sentence; empty: it can. */
  public static String unread(Type type) {
    if (type instanceof Type.Array array) {
      return unread(array.element());
    }
    if (type instanceof Type.Multiset multiset) {
      return unreadKey(multiset.element());
    }
    if (type instanceof Type.Map map) {
      String key = unreadKey(map.key());
      return key.isEmpty() ? unread(map.value()) : key;
    }
    if (type instanceof Type.Row row) {
      for (Type.Row.Field field : row.fields()) {
        String unread = unread(field.type());
        if (!unread.isEmpty()) {
          return unread;
        }
      }
    }
    return "";
  }

  private static String unreadKey(Type key) {
    return key instanceof Type.VarChar || key instanceof Type.Char
        ? ""
        : "Flink's json format reads maps and multisets of texts only, and this is one of "
            + key.sql()
            + ". Use STRING for the key";
  }
}
