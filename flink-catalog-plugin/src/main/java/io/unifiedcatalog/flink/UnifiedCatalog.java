package io.unifiedcatalog.flink;

import io.unifiedcatalog.proto.v1.DropTableRequest;
import io.unifiedcatalog.proto.v1.RegisterTableRequest;
import io.unifiedcatalog.proto.v1.Statistics;
import io.unifiedcatalog.proto.v1.Table;
import io.unifiedcatalog.proto.v1.TableName;
import java.lang.ref.Cleaner;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import org.apache.flink.table.catalog.Catalog;
import org.apache.flink.table.catalog.CatalogBaseTable;
import org.apache.flink.table.catalog.CatalogDatabase;
import org.apache.flink.table.catalog.CatalogDatabaseImpl;
import org.apache.flink.table.catalog.CatalogFunction;
import org.apache.flink.table.catalog.CatalogPartition;
import org.apache.flink.table.catalog.CatalogPartitionSpec;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.CatalogView;
import org.apache.flink.table.catalog.ObjectPath;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.catalog.TableChange;
import org.apache.flink.table.catalog.exceptions.CatalogException;
import org.apache.flink.table.catalog.exceptions.DatabaseAlreadyExistException;
import org.apache.flink.table.catalog.exceptions.DatabaseNotExistException;
import org.apache.flink.table.catalog.exceptions.FunctionNotExistException;
import org.apache.flink.table.catalog.exceptions.PartitionNotExistException;
import org.apache.flink.table.catalog.exceptions.ProcedureNotExistException;
import org.apache.flink.table.catalog.exceptions.TableAlreadyExistException;
import org.apache.flink.table.catalog.exceptions.TableNotExistException;
import org.apache.flink.table.catalog.exceptions.TableNotPartitionedException;
import org.apache.flink.table.catalog.stats.CatalogColumnStatistics;
import org.apache.flink.table.catalog.stats.CatalogTableStatistics;
import org.apache.flink.table.expressions.Expression;
import org.apache.flink.table.factories.Factory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.procedures.Procedure;
import org.jspecify.annotations.Nullable;

/**
 * Every table that the catalog server knows. Tables of systems that have no schemas are registered,
 * altered and dropped by DDL. What any other table looks like is up to its source and its overlay,
 * so DDL on it is refused.
 */
final class UnifiedCatalog implements Catalog {
  // Held weakly, as a program need not close its catalogs.
  private static final Set<UnifiedCatalog> OPEN =
      Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));
  private static final Cleaner CLEANER = Cleaner.create();

  private final String name;
  private final @Nullable String defaultDatabase;
  private final Connection connection;
  private final Duration cacheTtl;
  private final List<String> databases;
  private final ClassLoader session;
  private @Nullable CatalogClient client;
  private Cleaner.@Nullable Cleanable closing;
  private @Nullable MetadataCache cache;
  private final AnalyzedTables analyzed = new AnalyzedTables();

  /**
   * A catalog, not yet open.
   *
   * @param databases the names of the server's databases, as it has just answered
   * @param session the class loader of the session that it is of
   */
  UnifiedCatalog(
      String name,
      @Nullable String defaultDatabase,
      Connection connection,
      Duration cacheTtl,
      List<String> databases,
      ClassLoader session) {
    this.name = name;
    this.defaultDatabase = defaultDatabase;
    this.connection = connection;
    this.cacheTtl = cacheTtl;
    this.databases = List.copyOf(databases);
    this.session = session;
  }

  /**
   * The open catalog of a name. Two sessions in one process may use one name for two catalogs, and
   * neither may use the other's credential: so it must be of the same session, which its class
   * loader tells.
   */
  static @Nullable UnifiedCatalog open(String name, ClassLoader session) {
    synchronized (OPEN) {
      for (UnifiedCatalog catalog : OPEN) {
        if (catalog.name.equals(name) && catalog.session == session) {
          return catalog;
        }
      }
    }
    return null;
  }

  /** Asks nothing: the factory has asked, while nothing was created or removed yet. */
  @Override
  public synchronized void open() {
    if (client != null) {
      return;
    }
    CatalogClient opened = new CatalogClient(connection);
    client = opened;
    cache = new MetadataCache(opened, FlinkEngine.CURRENT, cacheTtl, databases);
    OPEN.add(this);
    closing = CLEANER.register(this, opened::close);
  }

  @Override
  public synchronized void close() {
    OPEN.remove(this);
    if (closing != null) {
      closing.clean();
    }
    client = null;
    cache = null;
  }

  /** Where its server is. */
  Connection connection() {
    return connection;
  }

  /** The calls made since it was opened. */
  synchronized CatalogClient client() {
    if (client == null) {
      throw closed();
    }
    return client;
  }

  /** What the server answers, or last answered if it is away. */
  synchronized MetadataCache cache() {
    if (cache == null) {
      throw closed();
    }
    return cache;
  }

  private CatalogException closed() {
    return new CatalogException(
        String.format("Catalog '%s' is closed. Create it again to use it.", name));
  }

  @Override
  public Optional<Factory> getFactory() {
    return Optional.of(new UnifiedTableFactory());
  }

  @Override
  public @Nullable String getDefaultDatabase() {
    return defaultDatabase;
  }

  @Override
  public List<String> listDatabases() {
    return cache().databases();
  }

  @Override
  public CatalogDatabase getDatabase(String databaseName) throws DatabaseNotExistException {
    requireDatabase(databaseName);
    return new CatalogDatabaseImpl(Collections.emptyMap(), null);
  }

  @Override
  public boolean databaseExists(String databaseName) {
    return cache().hasDatabase(databaseName);
  }

  @Override
  public List<String> listTables(String databaseName) throws DatabaseNotExistException {
    return cache()
        .tables(databaseName)
        .orElseThrow(() -> new DatabaseNotExistException(name, databaseName));
  }

  /** None: a view of a source is a table to SQL, as no engine but its source can expand it. */
  @Override
  public List<String> listViews(String databaseName) throws DatabaseNotExistException {
    requireDatabase(databaseName);
    return List.of();
  }

  @Override
  public CatalogTable getTable(ObjectPath path) throws TableNotExistException {
    Table table = find(path);
    if (hasOwnConnector(table)) {
      return UnifiedTable.withOwnConnector(table);
    }
    TableReference reference =
        new TableReference(
            path.getDatabaseName(),
            path.getObjectName(),
            table.getVersion(),
            connection.endpoint(),
            table.getStore());
    return new UnifiedTable(this, reference, table.getEffective());
  }

  @Override
  public boolean tableExists(ObjectPath path) {
    return cache().recentTable(path.getDatabaseName(), path.getObjectName()).isPresent();
  }

  @Override
  public CatalogTableStatistics getTableStatistics(ObjectPath path) throws TableNotExistException {
    Table table = recent(path);
    CatalogTableStatistics counted = analyzed.table(path, table.getVersion());
    if (counted != null) {
      return counted;
    }
    Statistics statistics = table.getStatistics();
    if (!statistics.hasRowCount() && !statistics.hasSizeBytes()) {
      return CatalogTableStatistics.UNKNOWN;
    }
    long unknown = CatalogTableStatistics.UNKNOWN.getRowCount();
    long size = statistics.hasSizeBytes() ? statistics.getSizeBytes() : unknown;
    return new CatalogTableStatistics(
        statistics.hasRowCount() ? statistics.getRowCount() : unknown,
        CatalogTableStatistics.UNKNOWN.getFileCount(),
        size,
        size);
  }

  @Override
  public CatalogColumnStatistics getTableColumnStatistics(ObjectPath path)
      throws TableNotExistException {
    return analyzed.columns(path, recent(path).getVersion());
  }

  /** For what need not be newer than the statement's look-up of the table. */
  private Table recent(ObjectPath path) throws TableNotExistException {
    return cache()
        .recentTable(path.getDatabaseName(), path.getObjectName())
        .orElseThrow(() -> new TableNotExistException(name, path));
  }

  private Table find(ObjectPath path) throws TableNotExistException {
    return cache()
        .table(path.getDatabaseName(), path.getObjectName())
        .orElseThrow(() -> new TableNotExistException(name, path));
  }

  private TableNotPartitionedException notPartitionedTable(ObjectPath path)
      throws TableNotExistException {
    find(path);
    return new TableNotPartitionedException(name, path);
  }

  private void requireDatabase(String database) throws DatabaseNotExistException {
    if (!databaseExists(database)) {
      throw new DatabaseNotExistException(name, database);
    }
  }

  // Partitions: no table has any.

  @Override
  public List<CatalogPartitionSpec> listPartitions(ObjectPath path)
      throws TableNotExistException, TableNotPartitionedException {
    throw notPartitionedTable(path);
  }

  @Override
  public List<CatalogPartitionSpec> listPartitions(ObjectPath path, CatalogPartitionSpec spec)
      throws TableNotExistException, TableNotPartitionedException {
    throw notPartitionedTable(path);
  }

  @Override
  public List<CatalogPartitionSpec> listPartitionsByFilter(
      ObjectPath path, List<Expression> filters)
      throws TableNotExistException, TableNotPartitionedException {
    throw notPartitionedTable(path);
  }

  @Override
  public CatalogPartition getPartition(ObjectPath path, CatalogPartitionSpec spec)
      throws PartitionNotExistException {
    throw new PartitionNotExistException(name, path, spec);
  }

  @Override
  public boolean partitionExists(ObjectPath path, CatalogPartitionSpec spec) {
    return false;
  }

  @Override
  public CatalogTableStatistics getPartitionStatistics(ObjectPath path, CatalogPartitionSpec spec) {
    return CatalogTableStatistics.UNKNOWN;
  }

  @Override
  public CatalogColumnStatistics getPartitionColumnStatistics(
      ObjectPath path, CatalogPartitionSpec spec) {
    return CatalogColumnStatistics.UNKNOWN;
  }

  // Functions, procedures, models, materialized tables: there are none. Asked for often, as even
  // `=` is looked up, so nobody is asked. Some of these Flink 1.20 does not have.

  @Override
  public List<String> listFunctions(String databaseName) throws DatabaseNotExistException {
    requireDatabase(databaseName);
    return List.of();
  }

  @Override
  public CatalogFunction getFunction(ObjectPath path) throws FunctionNotExistException {
    throw new FunctionNotExistException(name, path);
  }

  @Override
  public boolean functionExists(ObjectPath path) {
    return false;
  }

  @Override
  public List<String> listProcedures(String databaseName) throws DatabaseNotExistException {
    requireDatabase(databaseName);
    return List.of();
  }

  @Override
  public Procedure getProcedure(ObjectPath path) throws ProcedureNotExistException {
    throw new ProcedureNotExistException(name, path);
  }

  /** Of Flink 2. */
  public List<String> listModels(String databaseName) {
    return List.of();
  }

  /** Of Flink 2. */
  public boolean modelExists(ObjectPath path) {
    return false;
  }

  /** Of Flink 2. */
  public List<String> listMaterializedTables(String databaseName) {
    return List.of();
  }

  // Changes.

  @Override
  public void createDatabase(String databaseName, CatalogDatabase database, boolean ignoreIfExists)
      throws DatabaseAlreadyExistException {
    boolean exists = databaseExists(databaseName);
    if (exists && !ignoreIfExists) {
      throw new DatabaseAlreadyExistException(name, databaseName);
    }
    if (!exists) {
      throw readOnly(
          "create database", databaseName, "Add its source with `bin/catalog source add`");
    }
  }

  @Override
  public void dropDatabase(String databaseName, boolean ignoreIfNotExists, boolean cascade)
      throws DatabaseNotExistException {
    boolean exists = databaseExists(databaseName);
    if (!exists && !ignoreIfNotExists) {
      throw new DatabaseNotExistException(name, databaseName);
    }
    if (exists) {
      throw readOnly(
          "drop database", databaseName, "Remove its source with `bin/catalog source remove`");
    }
  }

  @Override
  public void alterDatabase(
      String databaseName, CatalogDatabase newDatabase, boolean ignoreIfNotExists)
      throws DatabaseNotExistException {
    boolean exists = databaseExists(databaseName);
    if (!exists && !ignoreIfNotExists) {
      throw new DatabaseNotExistException(name, databaseName);
    }
    if (exists) {
      throw readOnly(
          "alter database", databaseName, "Change it in its source, then crawl the source");
    }
  }

  @Override
  public void createTable(ObjectPath path, CatalogBaseTable table, boolean ignoreIfExists)
      throws TableAlreadyExistException, DatabaseNotExistException {
    if (!(table instanceof ResolvedCatalogTable declared)) {
      throw readOnly(
          "create",
          path.getFullName(),
          table instanceof CatalogView
              ? "It takes tables only; use CREATE TEMPORARY VIEW or another catalog"
              : table instanceof CatalogTable
                  ? "Its columns are not resolved; create it with CREATE TABLE"
                  : "It takes tables only; create a materialized table in another catalog");
    }
    boolean isDone = false;
    if (!tableIsThere(path)) {
      requireDatabase(path.getDatabaseName());
      RegisterTableRequest request = TableDeclaration.of(path, declared);
      try {
        isDone = client().register(request).filter(answer -> !answer.getExisted()).isPresent();
      } finally {
        cache().forget(path.getDatabaseName(), path.getObjectName());
      }
    }
    if (!isDone && !ignoreIfExists) {
      throw new TableAlreadyExistException(name, path);
    }
  }

  @Override
  public void dropTable(ObjectPath path, boolean ignoreIfNotExists) throws TableNotExistException {
    boolean isDone = false;
    if (tableIsThere(path)) {
      requireRegistered(path, "drop", "Drop it in its source, then run `bin/catalog crawl run`");
      try {
        isDone =
            client()
                .drop(
                    DropTableRequest.newBuilder()
                        .setName(
                            TableName.newBuilder()
                                .setDatabase(path.getDatabaseName())
                                .setTable(path.getObjectName()))
                        .build());
      } finally {
        cache().forget(path.getDatabaseName(), path.getObjectName());
      }
    }
    if (!isDone && !ignoreIfNotExists) {
      throw new TableNotExistException(name, path);
    }
  }

  @Override
  public void renameTable(ObjectPath path, String newTableName, boolean ignoreIfNotExists)
      throws TableNotExistException {
    if (ignoreIfNotExists && !tableIsThere(path)) {
      return;
    }
    requireRegistered(path, "rename", "Rename it in its source, then run `bin/catalog crawl run`");
    throw new CatalogException(
        String.format(
            "Cannot rename '%s': tables of catalog '%s' keep their names, and with them their"
                + " history. Create '%s' with CREATE TABLE, then drop this one.",
            path.getFullName(), name, newTableName));
  }

  /** Refused if the table exists, as Flink does not say what is to change: of a view, say. */
  @Override
  public void alterTable(ObjectPath path, CatalogBaseTable newTable, boolean ignoreIfNotExists)
      throws TableNotExistException {
    if (tableIsThere(path)) {
      throw readOnly(
          "alter",
          path.getFullName(),
          "It alters tables only, by ALTER TABLE, which says what is to change");
    }
    if (!ignoreIfNotExists) {
      throw new TableNotExistException(name, path);
    }
  }

  @Override
  public void alterTable(
      ObjectPath path,
      CatalogBaseTable newTable,
      List<TableChange> changes,
      boolean ignoreIfNotExists)
      throws TableNotExistException {
    boolean isDone = false;
    if (tableIsThere(path)) {
      Table table =
          requireRegistered(
              path,
              "alter",
              "Watermark, computed and metadata columns, key, comments and tunable options are set"
                  + " with `bin/catalog table overlay set`; what the source says is changed in the"
                  + " source");
      TableAlteration alteration = new TableAlteration(path, table).apply(changes);
      try {
        Optional<RegisterTableRequest> registration = alteration.registration();
        isDone =
            registration.isPresent()
                ? client().register(registration.get()).isPresent()
                : client().update(alteration.overlay()).isPresent();
      } finally {
        cache().forget(path.getDatabaseName(), path.getObjectName());
      }
    }
    if (!isDone && !ignoreIfNotExists) {
      throw new TableNotExistException(name, path);
    }
  }

  /** Whether a table is there now, whatever was told before. */
  private boolean tableIsThere(ObjectPath path) {
    cache().forget(path.getDatabaseName(), path.getObjectName());
    return tableExists(path);
  }

  /** The table, which must not be one that a crawl found. */
  private Table requireRegistered(ObjectPath path, String what, String remedy)
      throws TableNotExistException {
    Table table = find(path);
    if (!table.getPhysical().hasRegistration()) {
      throw readOnly(what, path.getFullName(), remedy);
    }
    return table;
  }

  private static boolean hasOwnConnector(Table table) {
    return table.getPhysical().getRegistration().containsOptions(FactoryUtil.CONNECTOR.key());
  }

  /** Of this session only: the server keeps what sources estimate. */
  @Override
  public void alterTableStatistics(
      ObjectPath path, CatalogTableStatistics statistics, boolean ignoreIfNotExists)
      throws TableNotExistException {
    if (!ignoreIfNotExists || tableIsThere(path)) {
      analyzed.put(path, find(path).getVersion(), statistics);
    }
  }

  /** Of this session only, as those of tables. */
  @Override
  public void alterTableColumnStatistics(
      ObjectPath path, CatalogColumnStatistics statistics, boolean ignoreIfNotExists)
      throws TableNotExistException {
    if (!ignoreIfNotExists || tableIsThere(path)) {
      analyzed.put(path, find(path).getVersion(), statistics);
    }
  }

  @Override
  public void createPartition(
      ObjectPath path,
      CatalogPartitionSpec spec,
      CatalogPartition partition,
      boolean ignoreIfExists) {
    throw notPartitioned(path);
  }

  @Override
  public void dropPartition(ObjectPath path, CatalogPartitionSpec spec, boolean ignoreIfNotExists) {
    throw notPartitioned(path);
  }

  @Override
  public void alterPartition(
      ObjectPath path,
      CatalogPartitionSpec spec,
      CatalogPartition newPartition,
      boolean ignoreIfNotExists) {
    throw notPartitioned(path);
  }

  @Override
  public void alterPartitionStatistics(
      ObjectPath path,
      CatalogPartitionSpec spec,
      CatalogTableStatistics statistics,
      boolean ignoreIfNotExists) {
    throw notPartitioned(path);
  }

  @Override
  public void alterPartitionColumnStatistics(
      ObjectPath path,
      CatalogPartitionSpec spec,
      CatalogColumnStatistics statistics,
      boolean ignoreIfNotExists) {
    throw notPartitioned(path);
  }

  @Override
  public void createFunction(ObjectPath path, CatalogFunction function, boolean ignoreIfExists)
      throws DatabaseNotExistException {
    requireDatabase(path.getDatabaseName());
    throw readOnly(
        "create function", path.getFullName(), "Use CREATE TEMPORARY FUNCTION or another catalog");
  }

  @Override
  public void alterFunction(ObjectPath path, CatalogFunction newFunction, boolean ignoreIfNotExists)
      throws FunctionNotExistException {
    if (!ignoreIfNotExists) {
      throw new FunctionNotExistException(name, path);
    }
  }

  @Override
  public void dropFunction(ObjectPath path, boolean ignoreIfNotExists)
      throws FunctionNotExistException {
    if (!ignoreIfNotExists) {
      throw new FunctionNotExistException(name, path);
    }
  }

  private CatalogException notPartitioned(ObjectPath path) {
    return readOnly("change partitions of", path.getFullName(), "No table of it has partitions");
  }

  private CatalogException readOnly(String what, String thing, String remedy) {
    return new CatalogException(
        String.format(
            "Cannot %s '%s': catalog '%s' cannot be changed from SQL. %s.",
            what, thing, name, remedy));
  }
}
