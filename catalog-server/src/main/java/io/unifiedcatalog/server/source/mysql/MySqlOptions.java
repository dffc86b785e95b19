package io.unifiedcatalog.server.source.mysql;

import static io.unifiedcatalog.server.source.CommonOptions.violation;

import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.CommonOptions;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The options of a MySQL source.
 *
 * @param properties of the driver, set by people
 * @param systemSchemas whether MySQL's own databases are crawled
 * @param tinyint1IsBoolean whether TINYINT(1) is BOOLEAN
 * @param timeSupported whether TIME is read as a time of day
 * @param zeroDatesAreNull whether there may be dates like 0000-00-00, which are then read as NULL
 * @param timeZone in which TIMESTAMP columns are shown
 */
record MySqlOptions(
    CommonOptions common,
    String host,
    int port,
    String user,
    Secret password,
    Map<String, String> properties,
    boolean systemSchemas,
    boolean tinyint1IsBoolean,
    boolean timeSupported,
    boolean zeroDatesAreNull,
    String timeZone) {
  static final String KIND = "mysql";

  private static final String PASSWORD = "password";
  private static final String PROPERTY = "property.";
  private static final Set<String> KEYS =
      Set.of(
          "host",
          "port",
          "user",
          "system-schemas",
          "tinyint1-is-boolean",
          "time-as",
          "zero-dates",
          "time-zone");

  /**
   * Neither of them may end the host's part of a url: the driver would take what follows for a
   * second host, a database or properties.
   */
  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9_.-]+|\\[?[0-9A-Fa-f:.%]+]?");

  /** What people may set: transport and batching, nothing that loads a class or reads a file. */
  private static final Set<String> ALLOWED_PROPERTIES =
      new TreeSet<>(
          List.of(
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
              "useCompression"));

  /** Refused, and why: those that people may well try. */
  private static final Map<String, String> REFUSED_PROPERTIES = refusedProperties();

  MySqlOptions {
    properties = Map.copyOf(properties);
  }

  /** The options of a source that was validated. */
  static MySqlOptions of(Source source) {
    return parse(source, new ArrayList<>());
  }

  /** Reads the options; what is wrong is added to the violations and stands at its default. */
  static MySqlOptions parse(Source source, List<Violation> violations) {
    Map<String, String> options = source.options();
    CommonOptions common = CommonOptions.parse(options, violations);

    String host = options.getOrDefault("host", "");
    if (host.isEmpty()) {
      violations.add(
          violation("host", "is missing. Give the name or address of the MySQL server."));
    } else if (!HOST.matcher(host).matches()) {
      violations.add(
          violation(
              "host", "'" + host + "' is no host name and no address. Give one, without port."));
    }
    if (host.contains(":") && !host.startsWith("[")) {
      host = "[" + host + "]";
    }

    int port = 3306;
    String portText = options.getOrDefault("port", "3306");
    if (portText.matches("[0-9]{1,5}")
        && Integer.parseInt(portText) >= 1
        && Integer.parseInt(portText) <= 65535) {
      port = Integer.parseInt(portText);
    } else {
      violations.add(
          violation("port", "'" + portText + "' is no port. Give a whole number from 1 to 65535."));
    }

    String user = options.getOrDefault("user", "");
    if (user.isEmpty()) {
      violations.add(violation("user", "is missing. Give the user to connect as."));
    }

    String timeZone = options.getOrDefault("time-zone", "+00:00");
    try {
      timeZone = zone(ZoneId.of(timeZone));
    } catch (DateTimeException e) {
      violations.add(
          violation(
              "time-zone",
              "'"
                  + timeZone
                  + "' is no time zone. Give an offset like +02:00 or a name like Europe/Paris."));
      timeZone = "+00:00";
    }

    boolean systemSchemas = choice("system-schemas", "false", "true", "false", options, violations);
    boolean tinyint1IsBoolean =
        choice("tinyint1-is-boolean", "true", "true", "false", options, violations);
    boolean timeSupported = choice("time-as", "time", "time", "unsupported", options, violations);
    boolean zeroDatesAreNull = choice("zero-dates", "null", "null", "none", options, violations);

    Map<String, String> properties = new TreeMap<>();
    options.forEach(
        (key, value) -> {
          if (key.startsWith(PROPERTY)) {
            String property = key.substring(PROPERTY.length());
            String refusal = refusal(property);
            if (refusal.isEmpty()) {
              properties.put(property, value);
            } else {
              violations.add(violation(key, refusal));
            }
          } else if (key.equals(PASSWORD)) {
            violations.add(
                violation(key, "is a secret. Give it among the secrets, not among the options."));
          } else if (key.equals("url")) {
            violations.add(
                violation(
                    key,
                    "is not taken: the catalog makes the url. Set host, port and property.NAME."));
          } else if (!KEYS.contains(key) && !CommonOptions.KEYS.contains(key)) {
            Set<String> known = new TreeSet<>(KEYS);
            known.addAll(CommonOptions.KEYS);
            violations.add(
                violation(
                    key,
                    "is no option of a mysql source. Known options: "
                        + String.join(", ", known)
                        + ", property.NAME."));
          }
        });

    source
        .secrets()
        .keySet()
        .forEach(
            key -> {
              if (!key.equals(PASSWORD)) {
                violations.add(
                    new Violation(
                        "source.secrets." + key,
                        "is no secret of a mysql source. Known secrets: password."));
              }
            });
    Secret password = source.secrets().getOrDefault(PASSWORD, new Secret(""));

    return new MySqlOptions(
        common,
        host,
        port,
        user,
        password,
        properties,
        systemSchemas,
        tinyint1IsBoolean,
        timeSupported,
        zeroDatesAreNull,
        timeZone);
  }

  /** For messages. */
  String address() {
    return host + ":" + port;
  }

  /**
   * The url that reads a database as {@link MySqlTypes} says: what the types take for granted of
   * the driver is set here and cannot be set otherwise.
   */
  String url(String database) {
    Map<String, String> all = readingProperties();
    // With a fetch size, rows come in portions and a table may be larger than the heap.
    all.put("useCursorFetch", "true");
    return url(database, all);
  }

  /** The url that reads metadata: rows are streamed, for which the server makes no cursor. */
  String metadataUrl() {
    return url("", readingProperties());
  }

  private Map<String, String> readingProperties() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("connectTimeout", "10000");
    all.put("tcpKeepAlive", "true");
    all.putAll(properties);
    all.put("tinyInt1isBit", String.valueOf(tinyint1IsBoolean));
    all.put("transformedBitIsBoolean", "true");
    all.put("yearIsDateType", "false");
    all.put("zeroDateTimeBehavior", zeroDatesAreNull ? "CONVERT_TO_NULL" : "EXCEPTION");
    // A TIMESTAMP is shown in the source's zone, wherever the engine's JVMs happen to be.
    all.put("connectionTimeZone", timeZone);
    all.put("forceConnectionTimeZoneToSession", "true");
    all.put("preserveInstants", "false");
    all.put("characterEncoding", "UTF-8");
    return all;
  }

  private String url(String database, Map<String, String> properties) {
    StringBuilder url =
        new StringBuilder("jdbc:mysql://").append(address()).append('/').append(encode(database));
    char separator = '?';
    for (Map.Entry<String, String> property : properties.entrySet()) {
      url.append(separator)
          .append(property.getKey())
          .append('=')
          .append(encode(property.getValue()));
      separator = '&';
    }
    return url.toString();
  }

  /**
   * An offset wherever it will do: MySQL knows names only where its time zone tables are filled.
   */
  private static String zone(ZoneId zone) {
    if (!zone.getRules().isFixedOffset()) {
      return zone.getId();
    }
    ZoneOffset offset = zone.getRules().getOffset(Instant.EPOCH);
    return offset.equals(ZoneOffset.UTC) ? "+00:00" : offset.getId();
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static String refusal(String property) {
    if (ALLOWED_PROPERTIES.contains(property)) {
      return "";
    }
    String reason = REFUSED_PROPERTIES.get(property);
    return reason == null
        ? "is not among the driver properties that may be set: "
            + String.join(", ", ALLOWED_PROPERTIES)
            + "."
        : "is refused: " + reason + ".";
  }

  private static Map<String, String> refusedProperties() {
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
    for (String property :
        List.of(
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
            "zeroDateTimeBehavior")) {
      refused.put(
          property,
          "the catalog sets it, because the types of the columns depend on it; see the options"
              + " time-zone, tinyint1-is-boolean and zero-dates");
    }
    for (String property : List.of("user", "password")) {
      refused.put(property, "the option user and the secret password say it");
    }
    return refused;
  }

  private static boolean choice(
      String key,
      String standard,
      String yes,
      String no,
      Map<String, String> options,
      List<Violation> violations) {
    String value = options.getOrDefault(key, standard);
    if (!value.equals(yes) && !value.equals(no)) {
      violations.add(
          violation(key, "'" + value + "' is unknown. Known values: " + yes + ", " + no + "."));
      return standard.equals(yes);
    }
    return value.equals(yes);
  }
}
