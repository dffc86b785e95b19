package io.unifiedcatalog.server.source.mysql;

import static io.unifiedcatalog.server.source.CommonOptions.violation;

import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.jdbc.JdbcKind;
import io.unifiedcatalog.server.source.jdbc.JdbcOptions;
import io.unifiedcatalog.server.source.jdbc.MySqlProtocol;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The options of a MySQL source.
 *
 * @param systemSchemas whether MySQL's own databases are crawled
 * @param tinyint1IsBoolean whether TINYINT(1) is BOOLEAN
 * @param timeSupported whether TIME is read as a time of day
 * @param zeroDatesAreNull whether there may be dates like 0000-00-00, which are then read as NULL
 * @param timeZone in which TIMESTAMP columns are shown
 * @param geometryAs {@code unsupported}, {@code text} or {@code bytes}
 */
record MySqlOptions(
    JdbcOptions jdbc,
    boolean systemSchemas,
    boolean tinyint1IsBoolean,
    boolean timeSupported,
    boolean zeroDatesAreNull,
    String timeZone,
    String geometryAs) {
  private static final String GEOMETRY_UNSUPPORTED = "unsupported";
  private static final List<String> GEOMETRY = List.of("bytes", "text", GEOMETRY_UNSUPPORTED);

  static final JdbcKind KIND =
      new JdbcKind(
          "mysql",
          "MySQL",
          3306,
          Set.of(
              "system-schemas",
              "tinyint1-is-boolean",
              "time-as",
              "zero-dates",
              "time-zone",
              "geometry-as"),
          MySqlProtocol.ALLOWED_PROPERTIES,
          MySqlProtocol.refusedProperties(
              Set.of(
                  "characterEncoding",
                  "connectionTimeZone",
                  "forceConnectionTimeZoneToSession",
                  "preserveInstants",
                  "serverTimezone",
                  "tinyInt1isBit",
                  "transformedBitIsBoolean",
                  "treatMysqlDatetimeAsTimestamp",
                  "useCursorFetch",
                  "yearIsDateType",
                  "zeroDateTimeBehavior"),
              "the catalog sets it, because the types of the columns depend on it; see the options"
                  + " time-zone, tinyint1-is-boolean and zero-dates"),
          MySqlProtocol::refusesCredentials,
          MySqlProtocol.DRIVER_CLASS,
          "jdbc:mysql",
          MySqlProtocol.ARTIFACTS,
          MySqlProtocol.ARTIFACTS,
          1_000);

  /** Reads the options; what is wrong is added to the violations and stands at its default. */
  static MySqlOptions parse(Source source, List<Violation> violations) {
    JdbcOptions jdbc = JdbcOptions.parse(KIND, source, violations);
    String timeZone = source.options().getOrDefault("time-zone", "+00:00");
    try {
      timeZone = MySqlProtocol.zone(ZoneId.of(timeZone));
    } catch (DateTimeException e) {
      violations.add(
          violation(
              "time-zone",
              "'"
                  + timeZone
                  + "' is no time zone. Give an offset like +02:00 or a name like Europe/Paris."));
      timeZone = "+00:00";
    }
    return new MySqlOptions(
        jdbc,
        JdbcOptions.choice("system-schemas", "false", "true", "false", source, violations),
        JdbcOptions.choice("tinyint1-is-boolean", "true", "true", "false", source, violations),
        JdbcOptions.choice("time-as", "time", "time", "unsupported", source, violations),
        JdbcOptions.choice("zero-dates", "null", "null", "none", source, violations),
        timeZone,
        geometryAs(source, violations));
  }

  private static String geometryAs(Source source, List<Violation> violations) {
    String value = source.options().getOrDefault("geometry-as", GEOMETRY_UNSUPPORTED);
    if (!GEOMETRY.contains(value)) {
      violations.add(
          violation(
              "geometry-as",
              "'" + value + "' is unknown. Known values: " + String.join(", ", GEOMETRY) + "."));
      return GEOMETRY_UNSUPPORTED;
    }
    return value;
  }

  /** The url that reads a database. The connector sets what it takes for granted of the driver. */
  String url(String database) {
    return MySqlProtocol.url(jdbc, database, Map.of());
  }

  /** The url that reads metadata: rows are streamed, for which the server makes no cursor. */
  String metadataUrl() {
    return MySqlProtocol.url(jdbc, "", readingProperties());
  }

  private Map<String, String> readingProperties() {
    Map<String, String> fixed = new LinkedHashMap<>();
    fixed.put("tinyInt1isBit", String.valueOf(tinyint1IsBoolean));
    fixed.put("transformedBitIsBoolean", "true");
    fixed.put("yearIsDateType", "false");
    fixed.put("zeroDateTimeBehavior", zeroDatesAreNull ? "CONVERT_TO_NULL" : "EXCEPTION");
    // A TIMESTAMP is shown in the source's zone, wherever the engine's JVMs happen to be.
    fixed.put("connectionTimeZone", timeZone);
    fixed.put("forceConnectionTimeZoneToSession", "true");
    fixed.put("preserveInstants", "false");
    return fixed;
  }
}
