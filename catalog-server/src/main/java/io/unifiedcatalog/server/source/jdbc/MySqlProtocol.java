package io.unifiedcatalog.server.source.jdbc;

import com.mysql.cj.Constants;
import io.unifiedcatalog.server.model.Binding;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;

/**
 * What systems that speak MySQL's protocol share: they are read by MySQL's driver, here and in
 * Flink.
 */
public final class MySqlProtocol {
  /** The driver that Flink loads. */
  public static final String DRIVER_CLASS = "com.mysql.cj.jdbc.Driver";

  private static final Binding.Artifact DRIVER =
      new Binding.Artifact("com.mysql:mysql-connector-j:" + Constants.CJ_VERSION, DRIVER_CLASS);

  /** What every Flink needs. */
  public static final List<Binding.Artifact> ARTIFACTS = List.of(JdbcKind.OWN_CONNECTOR, DRIVER);

  /** What people may set. */
  public static final Set<String> ALLOWED_PROPERTIES =
      Set.of(
          "allowPublicKeyRetrieval",
          "cachePrepStmts",
          "connectTimeout",
          "connectionAttributes",
          "maxAllowedPacket",
          "prepStmtCacheSize",
          "prepStmtCacheSqlLimit",
          "rewriteBatchedStatements",
          "socketTimeout",
          "sslMode",
          "tcpKeepAlive",
          "tcpNoDelay",
          "tcpRcvBuf",
          "tcpSndBuf",
          "tlsCiphersuites",
          "tlsVersions",
          "useAffectedRows",
          "useCompression");

  /** The fetch size by which the driver hands on rows as they come. */
  public static final int STREAMED = Integer.MIN_VALUE;

  /** The quote around names. */
  public static final String QUOTE = "`";

  private static final int UNKNOWN_DATABASE_OR_NO_GRANT = 1044;
  private static final int ACCESS_DENIED = 1045;

  private MySqlProtocol() {}

  /** The driver. */
  public static Driver driver() {
    try {
      return new com.mysql.cj.jdbc.Driver();
    } catch (SQLException e) {
      throw new AssertionError("the driver's constructor does nothing", e);
    }
  }

  /** Whether a failure says that user or password are wrong. */
  public static boolean refusesCredentials(SQLException e) {
    return e.getErrorCode() == UNKNOWN_DATABASE_OR_NO_GRANT || e.getErrorCode() == ACCESS_DENIED;
  }

  /** A name as it stands in a statement. */
  public static String quoted(String name) {
    return QUOTE + name.replace(QUOTE, QUOTE + QUOTE) + QUOTE;
  }

  /**
   * Driver properties that may not be set, and why.
   *
   * @param setByCatalog those that the types of the columns depend on, and why
   */
  public static Map<String, String> refusedProperties(Set<String> setByCatalog, String why) {
    Map<String, String> refused = new TreeMap<>();
    for (String property :
        List.of(
            "allowLoadLocalInfile",
            "allowLoadLocalInfileInPath",
            "allowUrlInLocalInfile",
            "clientCertificateKeyStoreUrl",
            "idTokenFile",
            "ociConfigFile",
            "serverRSAPublicKeyFile",
            "trustCertificateKeyStoreUrl",
            "useConfigs")) {
      refused.put(property, "with it, files of the reading machine could be read");
    }
    refused.put("autoDeserialize", "with it, the server could run code in the reading program");
    for (String property :
        List.of(
            "authenticationPlugins",
            "clientInfoProvider",
            "connectionLifecycleInterceptors",
            "defaultAuthenticationPlugin",
            "exceptionInterceptors",
            "logger",
            "profilerEventHandler",
            "propertiesTransform",
            "queryInterceptors",
            "socketFactory")) {
      refused.put(property, "it names a class that the reading program would load");
    }
    setByCatalog.forEach(property -> refused.put(property, why));
    for (String property : List.of("user", "password")) {
      refused.put(property, "the option user and the secret password say it");
    }
    return refused;
  }

  /**
   * The url of a database, with these properties: first defaults that people may change, then
   * theirs, then what they may not change.
   */
  public static String url(JdbcOptions options, String database, Map<String, String> fixed) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("connectTimeout", "10000");
    all.put("tcpKeepAlive", "true");
    all.putAll(new TreeMap<>(options.properties()));
    all.putAll(fixed);
    all.put("characterEncoding", "UTF-8");
    return options.url("jdbc:mysql", database, all);
  }

  /** Properties of a connection that reads metadata. */
  public static Properties metadataProperties(JdbcOptions options) {
    Properties properties = new Properties();
    if (!options.properties().containsKey("socketTimeout")) {
      properties.setProperty("socketTimeout", Integer.toString(JdbcSession.LOGIN_MILLIS));
    }
    properties.setProperty("socketFactory", Transports.OfMySql.class.getName());
    return properties;
  }

  /**
   * A zone as the driver and the server understand it: an offset wherever it will do, as a server
   * knows names only where its time zone tables are filled.
   */
  public static String zone(ZoneId zone) {
    if (!zone.getRules().isFixedOffset()) {
      return zone.getId();
    }
    ZoneOffset offset = zone.getRules().getOffset(Instant.EPOCH);
    return offset.equals(ZoneOffset.UTC) ? "+00:00" : offset.getId();
  }

  /** Whether information_schema lists a database, by exactly this name. */
  public static boolean exists(Connection connection, String database) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?")) {
      statement.setString(1, database);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          if (database.equals(rows.getString(1))) {
            return true;
          }
        }
        return false;
      }
    }
  }
}
