package io.unifiedcatalog.server.store;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationState;

/** The tables of the store, as the migrations make them. */
final class StoreSchema {
  private static final int OLDEST_RELEASE = 14;

  private StoreSchema() {}

  static void migrate(DataSource dataSource) {
    try (Connection connection = dataSource.getConnection()) {
      DatabaseMetaData server = connection.getMetaData();
      requireRelease(server.getDatabaseMajorVersion(), server.getDatabaseProductVersion());
      requireTrigrams(connection);
    } catch (SQLException e) {
      throw StoreFailure.of(e);
    }
    try {
      Flyway flyway =
          Flyway.configure(StoreSchema.class.getClassLoader())
              .dataSource(dataSource)
              .locations("classpath:db/migration")
              // Without end: a server that starts beside another waits for it.
              .lockRetryCount(-1)
              .load();
      flyway.migrate();
      // Looked at afterwards, as a newer server may have been what this one waited for.
      requireKnownSchema(flyway.info().applied());
    } catch (FlywayException e) {
      throw StoreFailure.of(e);
    }
  }

  static void requireRelease(int major, String version) {
    if (major < OLDEST_RELEASE) {
      throw new CatalogException(
          ErrorCode.FAILED_PRECONDITION,
          "STORE_TOO_OLD",
          "The store is PostgreSQL "
              + version
              + "; the catalog needs "
              + OLDEST_RELEASE
              + " or newer. Nothing was changed. Upgrade it, or name another with --store.");
    }
  }

  /** Looked at first: a migration that fails of it would only tell an SQL state. */
  private static void requireTrigrams(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                """
                SELECT current_database(),
                  EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm'),
                  EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm')
                    OR has_database_privilege(current_database(), 'CREATE')
                """)) {
      row.next();
      if (!row.getBoolean(2) || !row.getBoolean(3)) {
        throw new CatalogException(
            ErrorCode.FAILED_PRECONDITION,
            "STORE_WITHOUT_TRIGRAMS",
            "The store's database '"
                + row.getString(1)
                + "' has no extension pg_trgm, by which tables are found, and "
                + (row.getBoolean(2)
                    ? "this user may not create it. Have an administrator run CREATE EXTENSION"
                        + " pg_trgm in it, or grant CREATE on it."
                    : "its PostgreSQL does not bring it. Install PostgreSQL's contrib package there.")
                + " Nothing was changed.");
      }
    }
  }

  private static void requireKnownSchema(MigrationInfo[] applied) {
    for (MigrationInfo migration : applied) {
      MigrationState state = migration.getState();
      if (state == MigrationState.FUTURE_SUCCESS || state == MigrationState.FUTURE_FAILED) {
        throw new CatalogException(
            ErrorCode.FAILED_PRECONDITION,
            "STORE_NEWER",
            "The store's schema has version "
                + applied[applied.length - 1].getVersion()
                + ", which a newer release of the server made and this one does not know. Nothing"
                + " was changed. Start that release or a newer one, or name another store.");
      }
    }
  }
}
