package io.unifiedcatalog.server.source.doris;

import io.unifiedcatalog.server.model.Binding.Role;
import io.unifiedcatalog.server.model.Binding.RuntimeMode;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.source.SourceContract;
import io.unifiedcatalog.server.source.SourceSystem;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What a Doris source must do beside the contract of all sources, whatever server it is. */
abstract class DorisContract extends SourceContract {
  private final DorisSource system = new DorisSource();

  @Override
  protected SourceSystem system() {
    return system;
  }

  @Override
  protected String quote(String name) {
    return "`" + name + "`";
  }

  /** The properties of the driver that the options set, as a url has them. */
  abstract String urlProperties();

  @Override
  protected Map<String, String> destinations() {
    return Map.of(
        "host", "elsewhere.example",
        "port", "9031",
        // The password goes to the frontend's HTTP port, too.
        "http-port", "8040",
        "property.sslMode", "VERIFY_IDENTITY");
  }

  @Override
  protected Map<String, String> otherOptions() {
    return Map.of(
        "user", "other",
        "include", "shop",
        "exclude", "shop",
        "database-pattern", "x_{database}",
        "hold-share", "10",
        "system-schemas", "true",
        "external-catalogs", "true");
  }

  @Override
  protected boolean refusesGeneratedColumns(Engine engine) {
    return engine.equals(FLINK_1);
  }

  private static String columnTypesOf(Bound bound) {
    return bound.table().columns().stream()
        .map(column -> "`" + column.name() + "` " + column.nativeType())
        .collect(Collectors.joining(", "));
  }

  /** Flink 1 reads by Doris' own connector, which does not run on Flink 2. */
  @Override
  protected ExpectedBinding expectedBinding(
      Bound bound, Role role, RuntimeMode mode, Engine engine) {
    String frontend = "jdbc:mysql://127.0.0.1:" + server().options().get("port") + "/";
    String properties =
        "?connectTimeout=10000&tcpKeepAlive=true"
            + urlProperties()
            + "&tinyInt1isBit=true&transformedBitIsBoolean=true&characterEncoding=UTF-8";
    String user = server().options().getOrDefault("user", "");
    if (engine.equals(FLINK_1)) {
      return new ExpectedBinding(
          Map.of(
              "connector",
              "doris",
              "fenodes",
              "127.0.0.1:8030",
              "table.identifier",
              bound.nativeDatabase() + ".t",
              "jdbc-url",
              frontend + properties,
              "username",
              user),
          server().secrets(),
          Map.of(),
          List.of("doris.batch.size", "lookup.cache.max-rows", "sink.buffer-flush.interval"),
          List.of("org.apache.doris:flink-doris-connector-1.20:25.0.0"));
    }
    return new ExpectedBinding(
        Map.of(
            "connector",
            "unified-jdbc",
            "dialect",
            "doris",
            "url",
            frontend
                + bound.nativeDatabase()
                + "?connectTimeout=10000&tcpKeepAlive=true"
                + urlProperties()
                + "&characterEncoding=UTF-8",
            "table-name",
            "t",
            "username",
            user,
            "column-types",
            columnTypesOf(bound)),
        server().secrets(),
        // By which the driver hands on rows as they come.
        Map.of("scan.fetch-size", "" + Integer.MIN_VALUE),
        List.of("scan.parallelism", "lookup.cache", "sink.buffer-flush.max-rows"),
        List.of(
            "io.unifiedcatalog:flink-connector-unified-jdbc:0.1.0",
            "com.mysql:mysql-connector-j:"));
  }
}
