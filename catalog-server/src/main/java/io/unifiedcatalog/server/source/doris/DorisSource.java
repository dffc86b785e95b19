package io.unifiedcatalog.server.source.doris;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.ColumnType;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.OptionRule;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.BindingRequest;
import io.unifiedcatalog.server.source.SourceSession;
import io.unifiedcatalog.server.source.jdbc.FrontendSession;
import io.unifiedcatalog.server.source.jdbc.JdbcBinding;
import io.unifiedcatalog.server.source.jdbc.JdbcOptions;
import io.unifiedcatalog.server.source.jdbc.JdbcSource;
import io.unifiedcatalog.server.source.jdbc.MySqlProtocol;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Apache Doris, whose frontend speaks MySQL's protocol. Flink 1.20 reads it through Doris' own
 * connector, which Flink 2.x does not load; there it is read through MySQL's protocol.
 */
public final class DorisSource extends JdbcSource<DorisOptions> {
  /** Options of Doris' own connector that never say where the data is. */
  private static final Map<String, OptionRule> TUNABLE =
      OptionRule.byKey(
          Map.entry("doris.batch.size", OptionRule.COUNT),
          Map.entry("doris.exec.mem.limit", OptionRule.MEMORY),
          Map.entry("doris.request.connect.timeout", OptionRule.DURATION),
          Map.entry("doris.request.query.timeout", OptionRule.DURATION),
          Map.entry("doris.request.read.timeout", OptionRule.DURATION),
          Map.entry("doris.request.retries", OptionRule.COUNT),
          Map.entry("doris.request.tablet.size", OptionRule.COUNT),
          Map.entry("lookup.cache.max-rows", OptionRule.INTEGER),
          Map.entry("lookup.cache.ttl", OptionRule.DURATION),
          Map.entry("lookup.jdbc.async", OptionRule.BOOLEAN),
          Map.entry("lookup.max-retries", OptionRule.COUNT),
          Map.entry("sink.buffer-flush.interval", OptionRule.DURATION),
          Map.entry("sink.buffer-flush.max-bytes", OptionRule.MEMORY),
          Map.entry("sink.buffer-flush.max-rows", OptionRule.COUNT),
          Map.entry("sink.enable-2pc", OptionRule.BOOLEAN),
          Map.entry("sink.enable-delete", OptionRule.BOOLEAN),
          Map.entry(
              "sink.label-prefix",
              new OptionRule("[A-Za-z0-9_-]{1,128}", "at most 128 letters, digits, '_' and '-'")),
          Map.entry("sink.max-retries", OptionRule.COUNT),
          Map.entry("sink.parallelism", OptionRule.COUNT));

  /** The system. */
  public DorisSource() {
    super(DorisOptions.KIND);
  }

  @Override
  protected DorisOptions parse(Source source, List<Violation> violations) {
    return DorisOptions.parse(source, violations);
  }

  @Override
  protected JdbcOptions jdbc(DorisOptions options) {
    return options.jdbc();
  }

  @Override
  public boolean isSameDestination(Source before, Source after) {
    // The password goes to the frontend's HTTP port, too.
    return super.isSameDestination(before, after)
        && options(before).httpPort() == options(after).httpPort();
  }

  @Override
  public SourceSession open(Source source) {
    return DorisSession.open(source.name(), options(source), "information_schema");
  }

  @Override
  public int mappingVersion() {
    return DorisTypes.VERSION;
  }

  @Override
  public ColumnType columnType(Column column, Source source, Engine engine) {
    return DorisTypes.of(column);
  }

  @Override
  public Binding binding(BindingRequest request) {
    DorisOptions options = options(request.source());
    if (request.engine().isMajor(2)) {
      return JdbcBinding.ofOwn(
          DorisOptions.KIND,
          options.jdbc(),
          request,
          MySqlProtocol.url(options.jdbc(), request.nativeDatabase(), Map.of()),
          Map.of(),
          DorisTypes::of);
    }
    List<Binding.Artifact> artifacts =
        JdbcBinding.check(DorisOptions.KIND, request, DorisTypes::of);
    List<Binding.Option> all = new ArrayList<>();
    all.add(Binding.Option.fixed("connector", "doris"));
    all.add(Binding.Option.fixed("fenodes", options.frontend()));
    all.add(
        Binding.Option.fixed(
            "table.identifier", request.nativeDatabase() + "." + request.table().name()));
    all.add(Binding.Option.fixed("jdbc-url", FrontendSession.url(options.jdbc(), "")));
    all.add(Binding.Option.fixed("username", options.jdbc().user()));
    all.add(Binding.Option.secret("password", options.jdbc().password()));
    TUNABLE.forEach((key, rule) -> all.add(Binding.Option.tunable(key, null, rule)));
    return new Binding(all, artifacts);
  }
}
