package io.unifiedcatalog.server.source.postgres;

import static io.unifiedcatalog.server.source.CommonOptions.violation;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.jdbc.JdbcKind;
import io.unifiedcatalog.server.source.jdbc.JdbcOptions;
import io.unifiedcatalog.server.source.jdbc.JdbcSession;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import org.postgresql.util.DriverInfo;

/**
 * The options of a PostgreSQL source.
 *
 * @param database the one that is connected to
 * @param systemSchemas whether PostgreSQL's own schemas are crawled
 * @param numericIsDecimal whether NUMERIC without a precision is a DECIMAL rather than text
 * @param timeZone in which TIMESTAMP WITH TIME ZONE columns are shown
 */
record PostgresOptions(
    JdbcOptions jdbc,
    String database,
    boolean systemSchemas,
    boolean numericIsDecimal,
    ZoneId timeZone) {
  private static final String DRIVER_CLASS = "org.postgresql.Driver";
  private static final Binding.Artifact DRIVER =
      new Binding.Artifact("org.postgresql:postgresql:" + DriverInfo.DRIVER_VERSION, DRIVER_CLASS);

  private static final List<Binding.Artifact> ARTIFACTS = List.of(JdbcKind.OWN_CONNECTOR, DRIVER);

  static final JdbcKind KIND =
      new JdbcKind(
          "postgres",
          "PostgreSQL",
          5432,
          Set.of("database", "system-schemas", "numeric-as", "time-zone"),
          Set.of(
              "ApplicationName",
              "channelBinding",
              "connectTimeout",
              "gssEncMode",
              "loginTimeout",
              "preparedStatementCacheQueries",
              "preparedStatementCacheSizeMiB",
              "prepareThreshold",
              "reWriteBatchedInserts",
              "receiveBufferSize",
              "sendBufferSize",
              "socketTimeout",
              "sslNegotiation",
              "sslmode",
              "targetServerType",
              "tcpKeepAlive",
              "tcpNoDelay"),
          refusedProperties(),
          PostgresOptions::refusesCredentials,
          DRIVER_CLASS,
          "jdbc:postgresql",
          ARTIFACTS,
          ARTIFACTS,
          1_000);

  private static Map<String, String> refusedProperties() {
    Map<String, String> refused = new TreeMap<>();
    for (String property :
        List.of("loggerFile", "service", "sslcert", "sslkey", "sslpassword", "sslrootcert")) {
      refused.put(property, "with it, files of the reading machine could be read or written");
    }
    for (String property :
        List.of(
            "authenticationPluginClassName",
            "socketFactory",
            "socketFactoryArg",
            "sslfactory",
            "sslfactoryarg",
            "sslhostnameverifier",
            "sslpasswordcallback",
            "xmlFactoryFactory")) {
      refused.put(property, "it names a class that the reading program would load");
    }
    for (String property : List.of("currentSchema", "options", "stringtype")) {
      refused.put(property, "the catalog sets what the types of the columns depend on");
    }
    refused.put("PGHOST", "the option host says it");
    refused.put("PGPORT", "the option port says it");
    refused.put("PGDBNAME", "the option database says it");
    for (String property : List.of("user", "password")) {
      refused.put(property, "the option user and the secret password say it");
    }
    return refused;
  }

  /** Reads the options; what is wrong is added to the violations and stands at its default. */
  static PostgresOptions parse(Source source, List<Violation> violations) {
    JdbcOptions jdbc = JdbcOptions.parse(KIND, source, violations);
    String database = source.options().getOrDefault("database", "");
    if (database.isEmpty()) {
      violations.add(
          violation(
              "database",
              "is missing. Give the database to connect to; its schemas become databases of the"
                  + " catalog."));
    }
    String text = source.options().getOrDefault("time-zone", "+00:00");
    ZoneId timeZone = ZoneOffset.UTC;
    try {
      timeZone = ZoneId.of(text);
    } catch (DateTimeException e) {
      violations.add(
          violation(
              "time-zone",
              "'"
                  + text
                  + "' is no time zone. Give an offset like +02:00 or a name like Europe/Paris."));
    }
    return new PostgresOptions(
        jdbc,
        database,
        JdbcOptions.choice("system-schemas", "false", "true", "false", source, violations),
        JdbcOptions.choice("numeric-as", "text", "decimal", "text", source, violations),
        timeZone);
  }

  /** The url that reads tables, and metadata. */
  String url() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("connectTimeout", "10");
    all.put("tcpKeepAlive", "true");
    all.putAll(new TreeMap<>(jdbc.properties()));
    if (all.getOrDefault("sslmode", "").startsWith("verify-")) {
      // By the JVM's own authorities; the driver's standard is a file in the user's home.
      all.put("sslfactory", "org.postgresql.ssl.DefaultJavaSSLFactory");
    }
    return jdbc.url("jdbc:postgresql", database, all);
  }

  /** Properties of a connection that reads metadata. */
  Properties metadataProperties() {
    Properties properties = new Properties();
    if (!jdbc.properties().containsKey("socketTimeout")) {
      properties.setProperty("socketTimeout", Integer.toString(JdbcSession.LOGIN_MILLIS / 1000));
    }
    if (!jdbc.properties().containsKey("ApplicationName")) {
      properties.setProperty("ApplicationName", "unified-catalog");
    }
    return properties;
  }

  /** The time zone as people write it. */
  String timeZoneName() {
    return timeZone.equals(ZoneOffset.UTC) ? "+00:00" : timeZone.getId();
  }

  /** Invalid authorization, wrong password, and the like: class 28. */
  private static boolean refusesCredentials(SQLException e) {
    return String.valueOf(e.getSQLState()).startsWith("28");
  }
}
