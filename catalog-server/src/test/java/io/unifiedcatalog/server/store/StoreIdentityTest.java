package io.unifiedcatalog.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.unifiedcatalog.server.model.ErrorCode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.flywaydb.core.Flyway;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** What tells one store from every other. */
@NullUnmarked // a null where there should be a value fails the test all the same
class StoreIdentityTest extends StoreContract {
  @Test
  void aStoreKeepsItsIdWhenItsServerStartsAgain() {
    UUID id = store.id();
    for (int start = 0; start < 2; start++) {
      MetadataStore.migrate(dataSource);
      assertThat(open(false).id()).isEqualTo(id);
    }
    assertThat(sql("SELECT id::text FROM store_identity")).containsExactly(id.toString());
  }

  @Test
  void twoStoresHaveTwoIds() {
    try (HikariDataSource one = postgres.emptyDatabase();
        HikariDataSource other = postgres.emptyDatabase()) {
      MetadataStore.migrate(one);
      MetadataStore.migrate(other);
      assertThat(Set.of(store.id(), id(one), id(other))).hasSize(3);
    }
  }

  @Test
  void serversThatStartAtTheSameTimeOnAnEmptyStoreShareItsId() throws Exception {
    try (HikariDataSource empty = postgres.emptyDatabase()) {
      List<Future<UUID>> starts = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        starts.add(
            threads.submit(
                () -> {
                  MetadataStore.migrate(empty);
                  return id(empty);
                }));
      }
      Set<UUID> ids = new HashSet<>();
      for (Future<UUID> start : starts) {
        ids.add(start.get(60, TimeUnit.SECONDS));
      }
      assertThat(ids).hasSize(1);
    }
  }

  @Test
  void aStoreOfAnEarlierReleaseGetsAnIdOnce() {
    try (HikariDataSource earlier = postgres.emptyDatabase()) {
      Flyway.configure(StoreSchema.class.getClassLoader())
          .dataSource(earlier)
          .locations("classpath:db/migration")
          .target("6")
          .load()
          .migrate();
      MetadataStore.migrate(earlier);
      UUID id = id(earlier);
      MetadataStore.migrate(earlier);
      assertThat(id(earlier)).isEqualTo(id);
    }
  }

  @Test
  void aCopyOfAStoreHasItsIdUntilItIsGivenAnother() {
    UUID id;
    String name;
    HikariConfig config = new HikariConfig();
    try (HikariDataSource original = postgres.emptyDatabase()) {
      MetadataStore.migrate(original);
      id = id(original);
      name = database(original);
      config.setJdbcUrl(original.getJdbcUrl().replaceFirst("[^/]+$", name + "_copy"));
      config.setUsername(original.getUsername());
      config.setPassword(original.getPassword());
    }
    postgres
        .superuser()
        .useHandle(handle -> handle.execute("CREATE DATABASE " + name + "_copy TEMPLATE " + name));
    try (HikariDataSource copy = new HikariDataSource(config)) {
      MetadataStore.migrate(copy);
      assertThat(id(copy)).isEqualTo(id);

      // As docs/operations.md says.
      Jdbi.create(copy)
          .useHandle(handle -> handle.execute("UPDATE store_identity SET id = gen_random_uuid()"));
      assertThat(id(copy)).isNotEqualTo(id);
    }
  }

  @Test
  void aStoreCannotHaveTwoIds() {
    Jdbi jdbi = Jdbi.create(dataSource);
    assertThat(
            catchThrowable(
                () ->
                    jdbi.useHandle(
                        handle ->
                            handle.execute(
                                "INSERT INTO store_identity (id) VALUES (gen_random_uuid())"))))
        .hasMessageContaining("store_identity_pkey");
  }

  @Test
  void aStoreWhoseIdIsGoneSaysHowToGetItBack() {
    Jdbi.create(dataSource).useHandle(handle -> handle.execute("DELETE FROM store_identity"));
    assertFails(
        () -> store.id(),
        ErrorCode.FAILED_PRECONDITION,
        "The store has no id: its row in store_identity is gone. Restore the row from a backup of the"
            + " store, or, if there is none, make another with INSERT INTO store_identity (id) VALUES"
            + " (gen_random_uuid()); compiled plans must then be made again.");
  }

  private static String database(HikariDataSource database) {
    return Jdbi.create(database)
        .withHandle(
            handle -> handle.createQuery("SELECT current_database()").mapTo(String.class).one());
  }

  private UUID id(HikariDataSource database) {
    // A copy has the key of its original.
    String key = database(database).replace("_copy", "");
    return new MetadataStore(database, SecretSealer.open(directory.resolve(key), database), false)
        .id();
  }
}
