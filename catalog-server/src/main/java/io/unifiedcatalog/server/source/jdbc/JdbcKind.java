package io.unifiedcatalog.server.source.jdbc;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.source.OwnConnector;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What sets one kind of source over JDBC apart from another, whatever the options of a source.
 *
 * @param name as in {@code mysql}
 * @param systemName as people write it, as in {@code MySQL}
 * @param defaultPort where the system listens unless told otherwise
 * @param optionKeys options of this kind beside those of {@link JdbcOptions}
 * @param allowedProperties of the driver, which people may set: transport and batching, nothing
 *     that loads a class or reads a file
 * @param refusedProperties those that people may well try, and why they may not
 * @param refusesCredentials whether a failure says that user or password are wrong
 * @param driverClass of the driver that Flink loads
 * @param urlPrefix of the driver's urls, as in {@code jdbc:mysql}
 * @param flink2 what Flink 2.x needs, with the class that each is known by
 * @param flink120 what Flink 1.20 needs
 * @param fetchSize how many rows Flink's JDBC connector asks for at once unless told otherwise, in
 *     the driver's terms
 */
public record JdbcKind(
    String name,
    String systemName,
    int defaultPort,
    Set<String> optionKeys,
    Set<String> allowedProperties,
    Map<String, String> refusedProperties,
    Predicate<SQLException> refusesCredentials,
    String driverClass,
    String urlPrefix,
    List<Binding.Artifact> flink2,
    List<Binding.Artifact> flink120,
    int fetchSize) {
  /** Our own JDBC connector, which is one jar for every Flink. */
  public static final Binding.Artifact OWN_CONNECTOR =
      new Binding.Artifact(
          "io.unifiedcatalog:flink-connector-unified-jdbc:0.1.0",
          "io.unifiedcatalog.connectors.jdbc.JdbcTableFactory");

  /** The class that tells whether Flink's JDBC connector is there, on Flink 2.x. */
  public static final String CONNECTOR_CLASS =
      "org.apache.flink.connector.jdbc.core.table.JdbcDynamicTableFactory";

  /** The core of Flink's JDBC connector on Flink 2.x. */
  public static final Binding.Artifact CONNECTOR_FLINK_2 =
      new Binding.Artifact("org.apache.flink:flink-connector-jdbc-core:4.0.0-2.0", CONNECTOR_CLASS);

  /** Flink's JDBC connector on Flink 1.20, which holds the dialects that come with it. */
  public static final String CONNECTOR_FLINK_1_20 =
      "org.apache.flink:flink-connector-jdbc:3.3.0-1.20";

  public JdbcKind {
    optionKeys = Set.copyOf(optionKeys);
    allowedProperties = new TreeSet<>(allowedProperties);
    refusedProperties = new TreeMap<>(refusedProperties);
    flink2 = List.copyOf(flink2);
    flink120 = List.copyOf(flink120);
  }

  private static final Pattern URL =
      Pattern.compile(
          "(?:[A-Za-z0-9_.-]{1,255}|\\[[0-9A-Fa-f:.]{2,45}])(?::[0-9]{1,5})?"
              + "/[^/?#&;()\\\\]{0,128}(?:\\?(?<properties>[^#]*))?");

  /**
   * What is wrong with the url and the driver of a table that has a connector of its own.
   *
   * @return null if the url is of another driver
   */
  @Nullable List<Violation> ownConnectorViolations(Map<String, String> options) {
    String url = options.getOrDefault("url", "");
    String prefix = urlPrefix + "://";
    if (!url.startsWith(prefix)) {
      return null;
    }
    List<Violation> violations = new ArrayList<>();
    String driver = options.getOrDefault("driver", driverClass);
    if (!driver.equals(driverClass)) {
      violations.add(
          OwnConnector.violation("driver", "must be " + driverClass + " for a url like this one"));
    }
    Matcher matcher = URL.matcher(url.substring(prefix.length()));
    if (!matcher.matches()) {
      violations.add(
          OwnConnector.violation("url", "must be " + prefix + "HOST:PORT/DATABASE?NAME=VALUE"));
    } else if (matcher.group("properties") != null) {
      for (String property : matcher.group("properties").split("&", -1)) {
        String refusal = refusal(property.replaceFirst("=.*", ""));
        if (!refusal.isEmpty()) {
          violations.add(OwnConnector.violation("url", "has a property that " + refusal));
        }
      }
    }
    return violations;
  }

  /** Why a driver property may not be set; empty if it may. */
  String refusal(String property) {
    if (allowedProperties.contains(property)) {
      return "";
    }
    String reason = refusedProperties.get(property);
    return reason == null
        ? "is not among the driver properties that may be set: "
            + String.join(", ", allowedProperties)
            + "."
        : "is refused: " + reason + ".";
  }
}
