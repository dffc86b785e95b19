package io.unifiedcatalog.server.source.jdbc;

import io.unifiedcatalog.server.model.Binding;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

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
    List<Binding.Artifact> flink2,
    List<Binding.Artifact> flink120,
    int fetchSize) {
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
