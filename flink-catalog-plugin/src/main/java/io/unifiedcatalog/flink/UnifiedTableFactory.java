package io.unifiedcatalog.flink;

import io.unifiedcatalog.proto.v1.Binding;
import io.unifiedcatalog.proto.v1.GetTableRequest;
import io.unifiedcatalog.proto.v1.ResolveBindingRequest;
import io.unifiedcatalog.proto.v1.Table;
import io.unifiedcatalog.proto.v1.TableName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.catalog.exceptions.CatalogException;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.jspecify.annotations.Nullable;

/**
 * Reaches the data of a table of the catalog: resolves the binding, then hands over to the
 * connector that the binding names. The connector's options, secrets among them, live only in what
 * the connector makes of them; nothing that Flink prints or stores has seen them.
 *
 * <p>Flink finds it through the catalog, and through its service file where it asks no catalog: for
 * a temporary table made with LIKE and for the sinks of a restored plan.
 */
public final class UnifiedTableFactory
    implements DynamicTableSourceFactory, DynamicTableSinkFactory {
  @Override
  public String factoryIdentifier() {
    return TableReference.CONNECTOR;
  }

  /** None that Flink could check: hints are the connector's options. */
  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of();
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    return Set.of();
  }

  @Override
  public DynamicTableSource createDynamicTableSource(Context context) {
    if (hasOwnConnector(context)) {
      return FactoryUtil.createDynamicTableSource(
          null,
          context.getObjectIdentifier(),
          context.getCatalogTable(),
          context.getEnrichmentOptions(),
          context.getConfiguration(),
          context.getClassLoader(),
          context.isTemporary());
    }
    return create(
        context,
        ResolveBindingRequest.Role.ROLE_SOURCE,
        DynamicTableSourceFactory.class,
        DynamicTableSourceFactory::createDynamicTableSource);
  }

  @Override
  public DynamicTableSink createDynamicTableSink(Context context) {
    if (hasOwnConnector(context)) {
      return FactoryUtil.createDynamicTableSink(
          null,
          context.getObjectIdentifier(),
          context.getCatalogTable(),
          context.getEnrichmentOptions(),
          context.getConfiguration(),
          context.getClassLoader(),
          context.isTemporary());
    }
    return create(
        context,
        ResolveBindingRequest.Role.ROLE_SINK,
        DynamicTableSinkFactory.class,
        DynamicTableSinkFactory::createDynamicTableSink);
  }

  /** Whether the table is the catalog's, and yet Flink reaches it as any other. */
  private static boolean hasOwnConnector(Context context) {
    ResolvedCatalogTable table = context.getCatalogTable();
    return !(table.getOrigin() instanceof UnifiedTable)
        && !TableReference.CONNECTOR.equals(table.getOptions().get(FactoryUtil.CONNECTOR.key()));
  }

  private static <F extends DynamicTableFactory, T> T create(
      Context context,
      ResolveBindingRequest.Role role,
      Class<F> factoryClass,
      BiFunction<F, Context, T> create) {
    Map<String, String> own = context.getCatalogTable().getOptions();
    UnifiedTable table =
        context.getCatalogTable().getOrigin() instanceof UnifiedTable origin ? origin : null;
    if (table != null) {
      requireSameReference(table, own);
      table.planned();
    }
    TableReference reference = table != null ? table.reference() : TableReference.of(own);
    ResolveBindingRequest request =
        ResolveBindingRequest.newBuilder()
            .setName(
                TableName.newBuilder()
                    .setDatabase(reference.database())
                    .setTable(reference.table()))
            .setVersion(reference.version())
            .setRole(role)
            .setRuntimeMode(runtimeMode(context))
            .setEngine(FlinkEngine.CURRENT)
            .setStore(reference.store())
            .build();
    Binding binding = resolve(request, reference, table, context);
    Map<String, String> options = merge(binding, own, reference);
    String connector = options.get(FactoryUtil.CONNECTOR.key());
    if (connector == null) {
      throw new ValidationException("The binding names no connector.");
    }
    if (table == null) {
      // Its columns were written down once, and the catalog's table may have others by now.
      now(reference, context)
          .ifPresent(now -> StaleColumns.check(context.getCatalogTable(), reference, now));
    }
    if (role == ResolveBindingRequest.Role.ROLE_SOURCE) {
      options = RecordFormatFactory.wrap(options);
    }
    requireArtifacts(binding, reference, context.getClassLoader());
    try {
      F factory = FactoryUtil.discoverFactory(context.getClassLoader(), factoryClass, connector);
      return create.apply(factory, new ConnectorContext(context, options));
    } catch (RuntimeException | LinkageError e) {
      throw withoutSecrets(e, binding, reference);
    }
  }

  /** A table of a catalog is what the catalog says; a hint cannot make it another. */
  private static void requireSameReference(UnifiedTable table, Map<String, String> own) {
    Map<String, String> reference = table.reference().options();
    reference.put(TableReference.VERSION, Long.toString(table.reference().version()));
    for (String key : TableReference.KEYS) {
      String value = own.get(key);
      if (value != null && !value.equals(reference.get(key))) {
        throw new ValidationException(
            String.format(
                "Option '%s' of table %s.%s is fixed by the catalog: a hint cannot set it. Remove"
                    + " it from the hint.",
                key, table.reference().database(), table.reference().table()));
      }
    }
  }

  private static GetTableRequest tableRequest(TableReference reference) {
    return GetTableRequest.newBuilder()
        .setName(
            TableName.newBuilder().setDatabase(reference.database()).setTable(reference.table()))
        .setEngine(FlinkEngine.CURRENT)
        .build();
  }

  private static Binding resolve(
      ResolveBindingRequest request,
      TableReference reference,
      @Nullable UnifiedTable table,
      Context context) {
    UnifiedCatalog catalog = catalog(table, context);
    Connection connection =
        catalog != null ? catalog.connection() : withoutCatalog(reference, context);
    if (table == null) {
      requireSameServer(reference, connection);
    }
    try {
      if (catalog != null) {
        return catalog.cache().binding(request);
      }
      try (CatalogClient client = new CatalogClient(connection)) {
        return client.binding(request);
      }
    } catch (OtherStoreException e) {
      if (table != null) {
        // The server at the endpoint is another one than a moment ago.
        table.catalog().cache().forget(reference.database(), reference.table());
        throw new CatalogException(
            String.format(
                "%s Run the statement again. If it fails again, servers with several stores answer"
                    + " at %s, which comes from %s.",
                e.getMessage(), connection.endpoint(), connection.origin()));
      }
      throw new CatalogException(e.getMessage() + " " + remedy(reference, connection));
    }
  }

  private static @Nullable UnifiedCatalog catalog(@Nullable UnifiedTable table, Context context) {
    return table != null
        ? table.catalog()
        : UnifiedCatalog.open(
            context.getObjectIdentifier().getCatalogName(), context.getClassLoader());
  }

  /**
   * The table that a reference names, as it is now; empty if it is gone. It is asked of the server
   * that has just answered for the reference's store.
   */
  private static Optional<Table> now(TableReference reference, Context context) {
    UnifiedCatalog catalog = catalog(null, context);
    if (catalog != null) {
      return catalog.client().table(tableRequest(reference));
    }
    try (CatalogClient client = new CatalogClient(withoutCatalog(reference, context))) {
      return client.table(tableRequest(reference));
    }
  }

  /** Where a table is asked for whose catalog is not open. */
  private static Connection withoutCatalog(TableReference reference, Context context) {
    Connection connection = Connection.ofEnvironment(System.getenv());
    if (connection != null) {
      return connection;
    }
    if (reference.endpoint().isEmpty()) {
      throw new ValidationException(
          String.format(
              "Table %s names no catalog server. Create the catalog '%s', or set the environment"
                  + " variable %s.",
              context.getObjectIdentifier().asSummaryString(),
              context.getObjectIdentifier().getCatalogName(),
              Connection.ENDPOINT_VARIABLE));
    }
    return Connection.ofTableOptions(reference.endpoint());
  }

  /**
   * A reference without a store's id, as releases before there were ids made them, tells its
   * catalog only by the endpoint: it is used there and nowhere else.
   */
  private static void requireSameServer(TableReference reference, Connection connection) {
    if (reference.store().isEmpty() && !connection.endpoint().equals(reference.endpoint())) {
      throw new ValidationException(
          String.format(
              "The reference to table %s.%s does not say which catalog it is of: it has no option"
                  + " '%s', and %s. The catalog server that would be asked is %s, which comes from"
                  + " %s, and it may have another table of that name. Make the temporary table or the"
                  + " compiled plan again, or, if it is of this catalog, give it the option '%s' that"
                  + " SHOW CREATE TABLE shows of the table there.",
              reference.database(),
              reference.table(),
              TableReference.STORE,
              reference.endpoint().isEmpty()
                  ? "no option '" + TableReference.ENDPOINT + "'"
                  : "was made at " + reference.endpoint(),
              connection.endpoint(),
              connection.origin(),
              TableReference.STORE));
    }
  }

  /** What to do about a reference of another store. */
  private static String remedy(TableReference reference, Connection connection) {
    return String.format(
        "The endpoint %s comes from %s%s. Make a temporary table in its own catalog (CREATE"
            + " TEMPORARY TABLE my_catalog.my_database.my_table ...), restore a compiled plan where"
            + " the catalog that it was made with is open, or set %s and %s to a server of that"
            + " store.",
        connection.endpoint(),
        connection.origin(),
        reference.endpoint().isEmpty() || reference.endpoint().equals(connection.endpoint())
            ? ""
            : "; the reference was made at " + reference.endpoint(),
        Connection.ENDPOINT_VARIABLE,
        Connection.TOKEN_FILE_VARIABLE);
  }

  /** The binding's options with those of a hint or a WITH clause over them. */
  private static Map<String, String> merge(
      Binding binding, Map<String, String> own, TableReference reference) {
    Map<String, String> options = new LinkedHashMap<>();
    Map<String, Binding.Option> tunable = new TreeMap<>();
    for (Binding.Option option : binding.getOptionsList()) {
      if (option.getSet()) {
        options.put(option.getKey(), option.getValue());
      }
      if (option.getTunable()) {
        tunable.put(option.getKey(), option);
      }
    }
    List<String> refused = new ArrayList<>();
    own.forEach(
        (key, value) -> {
          if (TableReference.KEYS.contains(key)) {
            return;
          }
          Binding.Option rule = tunable.get(key);
          if (rule != null) {
            requireValid(rule, value, reference);
            options.put(key, value);
          } else {
            refused.add("'" + key + "'");
          }
        });
    if (!refused.isEmpty()) {
      refused.sort(null);
      throw new ValidationException(
          String.format(
              "Option %s of table %s.%s is fixed by the catalog, or unknown: a hint or WITH clause"
                  + " cannot set it. These can be set: %s.",
              String.join(", ", refused),
              reference.database(),
              reference.table(),
              tunable.isEmpty() ? "none" : String.join(", ", tunable.keySet())));
    }
    return options;
  }

  /** Connectors paste some values into statements and load classes by others. */
  private static void requireValid(Binding.Option option, String value, TableReference reference) {
    if (!Pattern.matches(option.getValuePattern(), value)) {
      throw new ValidationException(
          String.format(
              "Option '%s' of table %s.%s must be %s. Correct it in the hint or WITH clause.",
              option.getKey(),
              reference.database(),
              reference.table(),
              option.getValueDescription()));
    }
  }

  private static void requireArtifacts(
      Binding binding, TableReference reference, ClassLoader classLoader) {
    List<String> missing = new ArrayList<>();
    for (Binding.Artifact artifact : binding.getArtifactsList()) {
      try {
        Class.forName(artifact.getProbeClass(), false, classLoader);
      } catch (ClassNotFoundException | LinkageError e) {
        missing.add(artifact.getCoordinates());
      }
    }
    if (!missing.isEmpty()) {
      throw new ValidationException(
          String.format(
              "Table %s.%s cannot be reached: on Flink's class path is missing %s. Get %s from a"
                  + " Maven repository, put %s into Flink's lib/ directory on every machine, and"
                  + " start Flink again.",
              reference.database(),
              reference.table(),
              String.join(", ", missing),
              missing.size() == 1 ? "this jar" : "these jars",
              missing.size() == 1 ? "it" : "them"));
    }
  }

  /**
   * A failure of the connector, with its messages and without its stack traces: connectors print
   * options.
   */
  private static ValidationException withoutSecrets(
      Throwable failure, Binding binding, TableReference reference) {
    StringBuilder message =
        new StringBuilder(
            String.format(
                "The connector of table %s.%s refused:", reference.database(), reference.table()));
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      message.append(' ');
      if (cause instanceof ValidationException) {
        message.append(cause.getMessage());
      } else {
        message.append(cause);
      }
    }
    String text = message.toString();
    for (Binding.Option option : binding.getOptionsList()) {
      if (option.getSecret() && !option.getValue().isEmpty()) {
        text = text.replace(option.getValue(), "***");
      }
    }
    return new ValidationException(text);
  }

  private static ResolveBindingRequest.RuntimeMode runtimeMode(Context context) {
    return context.getConfiguration().get(ExecutionOptions.RUNTIME_MODE)
            == RuntimeExecutionMode.BATCH
        ? ResolveBindingRequest.RuntimeMode.RUNTIME_MODE_BATCH
        : ResolveBindingRequest.RuntimeMode.RUNTIME_MODE_STREAMING;
  }

  /** What the connector sees: the table with its own options. */
  private static final class ConnectorContext implements Context {
    private final Context context;
    private final ResolvedCatalogTable table;

    ConnectorContext(Context context, Map<String, String> options) {
      this.context = context;
      ResolvedCatalogTable own = context.getCatalogTable();
      // A copy of the table itself would write down its version among the options.
      table =
          new ResolvedCatalogTable(
              CatalogTable.newBuilder()
                  .schema(own.getUnresolvedSchema())
                  .comment(own.getComment())
                  .options(options)
                  .build(),
              own.getResolvedSchema());
    }

    @Override
    public ObjectIdentifier getObjectIdentifier() {
      return context.getObjectIdentifier();
    }

    @Override
    public ResolvedCatalogTable getCatalogTable() {
      return table;
    }

    @Override
    public ReadableConfig getConfiguration() {
      return context.getConfiguration();
    }

    @Override
    public ClassLoader getClassLoader() {
      return context.getClassLoader();
    }

    @Override
    public boolean isTemporary() {
      return context.isTemporary();
    }
  }
}
