package io.unifiedcatalog.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.crypto.tink.Aead;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.aead.AeadConfig2026;
import com.zaxxer.hikari.HikariDataSource;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretSealerTest {
  @TempDir Path directory;
  private Path keyFile;
  private HikariDataSource dataSource;

  @BeforeEach
  void openDatabase() {
    keyFile = directory.resolve("keys").resolve("secrets.key");
    dataSource = TestPostgres.BUNDLED.migratedDatabase();
  }

  @AfterEach
  void closeDatabase() {
    dataSource.close();
  }

  private MetadataStore open(Path file) {
    return new MetadataStore(dataSource, SecretSealer.open(file, dataSource), false);
  }

  private static Map<String, Secret> secret(String value) {
    return Map.of("password", new Secret(value));
  }

  private static String passwordOf(MetadataStore store, String source) {
    return store.source(source).secrets().values().iterator().next().reveal();
  }

  private List<String> state() {
    List<String> state = new ArrayList<>();
    try (var files = Files.walk(directory)) {
      files.map(Path::toString).sorted().forEach(state::add);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    state.addAll(
        Jdbi.create(dataSource)
            .withHandle(
                handle ->
                    handle
                        .createQuery(
                            """
                            SELECT sealed::text || xmin FROM key_check
                            UNION ALL SELECT sealed::text || xmin FROM source_secret
                            """)
                        .mapTo(String.class)
                        .list()));
    return state;
  }

  private void assertRefused(ThrowingCallable call, String message) {
    List<String> before = state();
    assertThatThrownBy(call)
        .hasMessage(message)
        .isInstanceOfSatisfying(
            CatalogException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION));
    assertThat(state()).isEqualTo(before);
  }

  @Test
  void anEmptyStoreGetsAKeyFileThatOnlyItsOwnerReads() throws IOException {
    open(keyFile).createSource("shop", "mysql", Map.of(), secret("pw"), false, "ann");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(keyFile)))
        .isEqualTo("rw-------");
    try (var files = Files.list(keyFile.getParent())) {
      assertThat(files).containsExactly(keyFile);
    }
    assertThat(passwordOf(open(keyFile), "shop")).isEqualTo("pw");
  }

  @Test
  void aKeyFileThatIsThereIsUsedByAnEmptyStore() throws IOException {
    try (HikariDataSource other = TestPostgres.BUNDLED.migratedDatabase()) {
      SecretSealer.open(keyFile, other);
    }
    byte[] key = Files.readAllBytes(keyFile);
    open(keyFile).createSource("shop", "mysql", Map.of(), secret("pw"), false, "ann");
    assertThat(keyFile).hasBinaryContent(key);
    assertThat(passwordOf(open(keyFile), "shop")).isEqualTo("pw");
  }

  @Test
  void aMissingKeyFileIsRefusedOnceTheStoreHasAKey() throws IOException {
    open(keyFile);
    Files.delete(keyFile);
    assertRefused(
        () -> open(keyFile),
        "Key file '"
            + keyFile
            + "' does not exist, but this store's secrets are sealed with one. Nothing was changed."
            + " Restore it from where it was kept, or name the right file.");
  }

  @Test
  void anotherStoresKeyIsRefused() {
    open(keyFile).createSource("shop", "mysql", Map.of(), secret("pw"), false, "ann");
    Path other = directory.resolve("other.key");
    try (HikariDataSource otherStore = TestPostgres.BUNDLED.migratedDatabase()) {
      SecretSealer.open(other, otherStore);
    }
    assertRefused(
        () -> open(other),
        "Key file '"
            + other
            + "' holds another key than the one that this store's secrets are sealed with. Nothing"
            + " was changed. Restore the right one, or name the right file.");
  }

  @Test
  void aFileThatIsNoKeyIsRefusedWithoutQuotingIt() throws IOException {
    Files.createDirectories(keyFile.getParent());
    for (String content : List.of("", "{}", "hunter2", "{\"key\": [{\"keyData\": 7}]}")) {
      Files.writeString(keyFile, content);
      assertRefused(
          () -> open(keyFile),
          "Key file '"
              + keyFile
              + "' is not a key file of the catalog. Nothing was changed. Restore the right one, or"
              + " name the right file.");
    }
  }

  @Test
  void aKeyFileThatCannotBeReadIsRefused() throws IOException {
    Files.createDirectories(keyFile);
    assertRefused(
        () -> open(keyFile),
        "Key file '"
            + keyFile
            + "' cannot be read (IOException). Nothing was changed. Let the server's user read it,"
            + " or name the right file.");
  }

  @Test
  void aDirectoryThatCannotBeMadeIsRefused() throws IOException {
    Files.writeString(keyFile.getParent(), "a file");
    assertThatThrownBy(() -> open(keyFile)).hasMessageContaining("Key file '" + keyFile + "'");
  }

  @Test
  void secretsWithoutTheKeyCheckAreRefused() {
    open(keyFile).createSource("shop", "mysql", Map.of(), secret("pw"), false, "ann");
    Jdbi.create(dataSource).useHandle(handle -> handle.execute("DELETE FROM key_check"));
    assertRefused(
        () -> open(directory.resolve("new.key")),
        "Key file '"
            + directory.resolve("new.key")
            + "' does not exist, but this store's secrets are sealed with one. Nothing was changed."
            + " Restore it from where it was kept, or name the right file.");
    assertRefused(
        () -> open(keyFile),
        "Key file '"
            + keyFile
            + "' cannot be checked, because the store has secrets and its row in key_check is gone."
            + " Nothing was changed. Restore the store from a backup.");
  }

  @Test
  void aSealedSecretThatWasMovedToAnotherSourceDoesNotOpen() {
    MetadataStore store = open(keyFile);
    store.createSource("shop", "mysql", Map.of(), secret("pw"), false, "ann");
    store.createSource("other", "mysql", Map.of(), secret("pw2"), false, "ann");
    Jdbi.create(dataSource)
        .useHandle(
            handle ->
                handle.execute(
                    """
                    UPDATE source_secret SET sealed = (
                      SELECT x.sealed FROM source_secret x JOIN source s ON s.id = x.source_id
                      WHERE s.name = 'shop')
                    WHERE source_id = (SELECT id FROM source WHERE name = 'other')
                    """));
    assertThat(passwordOf(store, "shop")).isEqualTo("pw");
    assertDamaged(store, "other", "password");
  }

  private static void assertDamaged(MetadataStore store, String source, String secret) {
    assertThatThrownBy(() -> store.source(source))
        .hasMessage(
            "The secret '"
                + secret
                + "' of source '"
                + source
                + "' does not open: rows of the store were altered, so that it would be sent"
                + " elsewhere than where it was given for. Check the source's options with `catalog"
                + " source get "
                + source
                + "`, then give the secret again with `catalog source update`.")
        .isInstanceOfSatisfying(
            CatalogException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION));
  }

  private static final Map<String, String> OPTIONS = Map.of("host", "db.example", "user", "ann");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE source SET options = replace(options, 'db.example', 'thief.example')",
        "UPDATE source SET options = replace(options, '{', '{\"property.sslMode\":\"DISABLED\",')",
        "UPDATE source SET options = '{\"host\":\"db.example\"}'",
        "UPDATE source SET options = '{\"host\":\"db.exampleuser\",\"user\":\"ann\"}'",
        "UPDATE source SET kind = 'postgres'",
        "UPDATE source_secret SET key = 'schema-registry-password'",
      })
  void aSecretDoesNotOpenForARowThatWasChangedInTheStore(String change) {
    MetadataStore store = open(keyFile);
    store.createSource("shop", "mysql", OPTIONS, secret("pw"), false, "ann");
    assertThat(passwordOf(store, "shop")).isEqualTo("pw");
    Jdbi.create(dataSource).useHandle(handle -> handle.execute(change));
    assertDamaged(
        store, "shop", change.contains("registry") ? "schema-registry-password" : "password");
  }

  @Test
  void aSecretThatDoesNotOpenCanBeGivenAgainOrRemovedAndIsNeverKept() {
    MetadataStore store = open(keyFile);
    store.createSource("shop", "mysql", OPTIONS, secret("pw"), false, "ann");
    store.createSource("gone", "mysql", OPTIONS, secret("pw"), false, "ann");
    Jdbi.create(dataSource)
        .useHandle(
            handle ->
                handle.execute(
                    "UPDATE source SET options = replace(options, 'db.example', 'thief.example')"));
    assertThatThrownBy(() -> store.updateSource("shop", stored -> stored, 0, "ann"))
        .hasMessageContaining("does not open");
    store.updateSource(
        "shop",
        stored ->
            new Source(
                stored.id(),
                stored.name(),
                stored.kind(),
                OPTIONS,
                secret("new"),
                stored.version()),
        0,
        "ann");
    assertThat(passwordOf(store, "shop")).isEqualTo("new");
    store.deleteSource("gone", 0, "ann");
  }

  @Test
  void anUpdatedSourcesSecretOpensForItsNewDestination() {
    MetadataStore store = open(keyFile);
    store.createSource("shop", "mysql", OPTIONS, secret("pw"), false, "ann");
    store.updateSource(
        "shop",
        stored ->
            new Source(
                stored.id(),
                stored.name(),
                stored.kind(),
                Map.of("host", "other.example"),
                stored.secrets(),
                stored.version()),
        0,
        "ann");
    assertThat(passwordOf(open(keyFile), "shop")).isEqualTo("pw");
  }

  /** As releases before this one sealed: for the source's id alone. */
  private void sealAsBefore(String password) throws Exception {
    Aead aead =
        TinkJsonProtoKeysetFormat.parseKeyset(
                Files.readString(keyFile), AeadConfig2026.get(), InsecureSecretKeyAccess.get())
            .getPrimitive(AeadConfig2026.get(), Aead.class);
    byte[] check = "unified-catalog key check".getBytes(StandardCharsets.UTF_8);
    byte[] sealedCheck = aead.encrypt(check, check);
    Jdbi.create(dataSource)
        .useHandle(
            handle -> {
              handle.execute("UPDATE key_check SET sealed = ?", (Object) sealedCheck);
              sealSecretAsBefore(handle, aead, password);
            });
  }

  private static void sealSecretAsBefore(Handle handle, Aead aead, String password)
      throws GeneralSecurityException {
    String id =
        handle.createQuery("SELECT source_id::text FROM source_secret").mapTo(String.class).one();
    handle.execute(
        "UPDATE source_secret SET sealed = ?",
        (Object)
            aead.encrypt(
                password.getBytes(StandardCharsets.UTF_8), id.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void secretsOfAnEarlierReleaseAreSealedAgainOnceAndTheirFormIsNotTakenLater() throws Exception {
    open(keyFile).createSource("shop", "mysql", OPTIONS, secret("pw"), false, "ann");
    sealAsBefore("pw");
    MetadataStore store = open(keyFile);
    assertThat(passwordOf(store, "shop")).isEqualTo("pw");
    Jdbi.create(dataSource)
        .useHandle(
            handle ->
                handle.execute(
                    "UPDATE source SET options = replace(options, 'db.example', 'thief.example')"));
    assertDamaged(open(keyFile), "shop", "password");

    // A sealed secret out of a backup from before.
    Aead aead =
        TinkJsonProtoKeysetFormat.parseKeyset(
                Files.readString(keyFile), AeadConfig2026.get(), InsecureSecretKeyAccess.get())
            .getPrimitive(AeadConfig2026.get(), Aead.class);
    Jdbi.create(dataSource).useHandle(handle -> sealSecretAsBefore(handle, aead, "pw"));
    assertDamaged(open(keyFile), "shop", "password");
  }

  @Test
  void serversThatStartTogetherOnAnEmptyStoreShareOneKey() throws Exception {
    int servers = 6;
    CountDownLatch start = new CountDownLatch(1);
    ExecutorService threads = Executors.newFixedThreadPool(servers);
    try {
      List<Future<MetadataStore>> opened = new ArrayList<>();
      for (int i = 0; i < servers; i++) {
        opened.add(
            threads.submit(
                () -> {
                  start.await();
                  return open(keyFile);
                }));
      }
      start.countDown();
      opened.get(0).get().createSource("shop", "mysql", Map.of(), secret("pw"), false, "ann");
      for (Future<MetadataStore> store : opened) {
        assertThat(passwordOf(store.get(), "shop")).isEqualTo("pw");
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void ofServersThatStartTogetherWithDifferentKeysOneIsAccepted() throws Exception {
    int servers = 4;
    CountDownLatch start = new CountDownLatch(1);
    ExecutorService threads = Executors.newFixedThreadPool(servers);
    int accepted = 0;
    try {
      List<Future<MetadataStore>> opened = new ArrayList<>();
      for (int i = 0; i < servers; i++) {
        Path own = directory.resolve(i + ".key");
        opened.add(
            threads.submit(
                () -> {
                  start.await();
                  return open(own);
                }));
      }
      start.countDown();
      for (Future<MetadataStore> store : opened) {
        try {
          store.get();
          accepted++;
        } catch (ExecutionException e) {
          assertThat(e.getCause())
              .isInstanceOfSatisfying(
                  CatalogException.class,
                  refused -> assertThat(refused.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION));
        }
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(accepted).isEqualTo(1);
    try (var files = Files.list(directory)) {
      assertThat(files.filter(file -> file.toString().endsWith(".key"))).hasSize(1);
    }
  }
}
