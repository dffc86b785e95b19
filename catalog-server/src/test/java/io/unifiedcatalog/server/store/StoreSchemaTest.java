package io.unifiedcatalog.server.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.unifiedcatalog.server.model.ErrorCode;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** The schema of the store's database, and failures of the store. */
@NullUnmarked // a null where there should be a value fails the test all the same
class StoreSchemaTest extends StoreContract {
  @Test
  void aSchemaThatANewerReleaseMadeIsRefusedAndLeftAsItIs() {
    try (HikariDataSource newer = postgres.emptyDatabase()) {
      MetadataStore.migrate(newer);
      Jdbi.create(newer)
          .useHandle(
              handle ->
                  handle.execute(
                      """
                      INSERT INTO flyway_schema_history (installed_rank, version, description, type,
                        script, checksum, installed_by, execution_time, success)
                      SELECT installed_rank + 1, '999', 'later', type, 'V999__later.sql', 1,
                        installed_by, 1, true
                      FROM flyway_schema_history ORDER BY installed_rank DESC LIMIT 1
                      """));

      assertFails(
          () -> MetadataStore.migrate(newer),
          ErrorCode.FAILED_PRECONDITION,
          "The store's schema has version 999, which a newer release of the server made and this one"
              + " does not know. Nothing was changed. Start that release or a newer one, or name"
              + " another store.");
    }
  }

  @Test
  void aReleaseOfPostgresThatIsTooOldIsRefused() {
    StoreSchema.requireRelease(14, "14.0");
    assertFails(
        () -> StoreSchema.requireRelease(13, "13.14"),
        ErrorCode.FAILED_PRECONDITION,
        "The store is PostgreSQL 13.14; the catalog needs 14 or newer. Nothing was changed. Upgrade"
            + " it, or name another with --store.");
  }

  @Test
  void aUserWhoMayNotCreateTheTrigramsOfSearchesIsToldWhoMay() {
    try (HikariDataSource superuser = postgres.emptyDatabase();
        HikariDataSource limited = new HikariDataSource()) {
      Jdbi administrator = Jdbi.create(superuser);
      String role = "limited_" + UUID.randomUUID().toString().replace("-", "");
      String database =
          administrator.withHandle(
              handle -> {
                handle.execute("CREATE ROLE " + role + " LOGIN PASSWORD 'limited'");
                handle.execute("GRANT CREATE ON SCHEMA public TO " + role);
                return handle.createQuery("SELECT current_database()").mapTo(String.class).one();
              });
      limited.setJdbcUrl(superuser.getJdbcUrl());
      limited.setUsername(role);
      limited.setPassword("limited");

      assertFails(
          () -> MetadataStore.migrate(limited),
          ErrorCode.FAILED_PRECONDITION,
          "The store's database '"
              + database
              + "' has no extension pg_trgm, by which tables are found, and this user may not create"
              + " it. Have an administrator run CREATE EXTENSION pg_trgm in it, or grant CREATE on it."
              + " Nothing was changed.");
      administrator.useHandle(handle -> handle.execute("CREATE EXTENSION pg_trgm"));
      MetadataStore.migrate(limited);
    }
  }

  @Test
  void serversThatStartAtTheSameTimeMigrateOnce() throws Exception {
    SecretSealer sealer = SecretSealer.open(directory.resolve("secrets.key"), dataSource);
    try (HikariDataSource empty = postgres.emptyDatabase()) {
      List<Future<?>> starts = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        starts.add(
            threads.submit(
                () -> {
                  MetadataStore.migrate(empty);
                  // Each server finds the schema whole as soon as its own call returns.
                  long revision = new MetadataStore(empty, sealer, false).latestRevision();
                  assertThat(revision).isZero();
                }));
      }
      for (Future<?> start : starts) {
        start.get(60, TimeUnit.SECONDS);
      }
    }
  }

  @Test
  void aTextWithANulCharacterIsRefusedWithTheReason() {
    assertFails(
        () -> store.createSource("a\0b", "mysql", Map.of(), Map.of(), false, "ann"),
        ErrorCode.INVALID_ARGUMENT,
        "A text holds the NUL character, which nothing in the catalog may. Leave it out.");
  }

  @Test
  void aStoreThatCannotBeReachedSaysSo() throws SQLException {
    dataSource.close();
    assertFails(
        () -> store.latestRevision(),
        ErrorCode.UNAVAILABLE,
        "The catalog's store cannot be reached now; it is tried again with each call. If this was a"
            + " change, read again whether it was stored.");
  }
}
