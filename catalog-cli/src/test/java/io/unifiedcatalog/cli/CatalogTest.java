package io.unifiedcatalog.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.JsonFormat;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.unifiedcatalog.proto.v1.CrawlEvent;
import io.unifiedcatalog.proto.v1.CrawlRun;
import io.unifiedcatalog.proto.v1.ListDatabasesResponse;
import io.unifiedcatalog.proto.v1.ListSourcesResponse;
import io.unifiedcatalog.proto.v1.ListTablesResponse;
import io.unifiedcatalog.proto.v1.Overlay;
import io.unifiedcatalog.proto.v1.RunCrawlRequest;
import io.unifiedcatalog.proto.v1.Source;
import io.unifiedcatalog.proto.v1.SourceServiceGrpc;
import io.unifiedcatalog.proto.v1.Table;
import io.unifiedcatalog.proto.v1.TableChange;
import io.unifiedcatalog.testing.MySqlServer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every command against a real server, in a process of its own, and a real MySQL. */
class CatalogTest extends CommandLineTest {
  private static final String PASSWORD = "a-password-nobody-may-see";

  @TempDir static Path directory;

  /** Of its own, as is MySQL: commands list and crawl all that there is. */
  private static ServerProcess server;

  private static MySqlServer mysql;
  private static Path passwordFile;

  @BeforeAll
  static void startServers() throws Exception {
    server = ServerProcess.start(directory, "catalog", "--scheduler", "off");
    mysql = MySqlServer.start();
    mysql.execute("CREATE USER 'shop'@'%' IDENTIFIED BY '" + PASSWORD + "'");
    passwordFile = Files.writeString(directory.resolve("password"), PASSWORD + "\n");
  }

  @AfterAll
  static void stopServers() throws Exception {
    mysql.close();
    server.close();
    assertThat(server.log()).doesNotContain(PASSWORD);
  }

  @Override
  String endpoint() {
    return server.endpoint();
  }

  @BeforeEach
  void makeShop() {
    mysql.execute(
        "CREATE DATABASE shop",
        """
        CREATE TABLE shop.orders (
          id BIGINT UNSIGNED NOT NULL PRIMARY KEY, customer INT NOT NULL COMMENT 'who ordered',
          created_at DATETIME(3) NOT NULL, place POINT, KEY by_customer (customer)) COMMENT 'one row an order'
        """,
        "CREATE TABLE shop.customers (id INT NOT NULL PRIMARY KEY, name VARCHAR(60) NOT NULL)",
        "GRANT SELECT, SHOW VIEW ON *.* TO 'shop'@'%'");
  }

  @AfterEach
  void removeShop() {
    run("source", "remove", "mysql", "--yes");
    mysql.execute("DROP DATABASE IF EXISTS shop");
    assertThat(everything()).doesNotContain(PASSWORD);
  }

  private void addSource() {
    succeed(
        "source",
        "add",
        "mysql",
        "--kind",
        "mysql",
        "--option",
        "host=127.0.0.1",
        "--option",
        "port=" + mysql.port(),
        "--option",
        "user=shop",
        "--password-file",
        passwordFile.toString());
  }

  private void addAndCrawl() {
    addSource();
    succeed("crawl", "run", "mysql");
  }

  @Test
  void aSourceIsAddedListedShownTestedAndRemoved() throws Exception {
    addSource();
    assertThat(out).contains("Source mysql of kind mysql added");

    succeed("source", "list");
    assertThat(out).containsPattern("mysql +mysql +0 +never");

    succeed("source", "get", "mysql");
    assertThat(out)
        .containsPattern("Option +user = shop")
        .containsPattern("Secret +password, stored");

    succeed("source", "get", "mysql", "-o", "json");
    Source source = json(Source.newBuilder()).build();
    assertThat(source.getOptionsMap()).containsEntry("host", "127.0.0.1");
    assertThat(source.getStoredSecretsList()).containsExactly("password");
    assertThat(source.getSecretsMap()).isEmpty();

    succeed("source", "test", "mysql");
    assertThat(out).contains("version 8.0").contains("  shop");

    assertThat(run("source", "remove", "mysql")).isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("was not removed").contains("--yes");
    succeed("source", "remove", "mysql", "--yes");
    succeed("source", "list", "-o", "json");
    assertThat(json(ListSourcesResponse.newBuilder()).getSourcesList()).isEmpty();
  }

  @Test
  void removingASourceSaysWhatWouldGo() {
    addAndCrawl();
    assertThat(run("source", "remove", "mysql")).isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("2 tables in 1 database").contains("mysql_shop (2 tables)");
    succeed("source", "remove", "mysql", "--yes");
    assertThat(out).contains("2 tables with it");
  }

  @Test
  void aPasswordIsRotatedAndTheRestStays() throws Exception {
    environment.put("UNIFIED_SOURCE_PASSWORD", "wrong-" + PASSWORD);
    succeed(
        "source",
        "add",
        "mysql",
        "--kind",
        "mysql",
        "--option",
        "host=127.0.0.1",
        "--option",
        "port=" + mysql.port(),
        "--option",
        "user=shop");
    assertThat(run("source", "test", "mysql")).isNotZero();
    assertThat(err).startsWith("catalog: ");
    environment.put("UNIFIED_SOURCE_PASSWORD", PASSWORD);
    succeed("source", "update", "mysql", "--password-env");
    succeed("source", "test", "mysql");
    succeed("source", "update", "mysql", "--option", "tinyint1-is-boolean=false");
    succeed("source", "test", "mysql");
    succeed("source", "get", "mysql", "-o", "json");
    assertThat(json(Source.newBuilder()).getOptionsMap())
        .containsEntry("user", "shop")
        .containsEntry("tinyint1-is-boolean", "false");
    succeed("source", "update", "mysql", "--remove-option", "tinyint1-is-boolean");
    succeed("source", "get", "mysql", "-o", "json");
    assertThat(json(Source.newBuilder()).getOptionsMap()).doesNotContainKey("tinyint1-is-boolean");
    assertThat(run("source", "update", "mysql")).isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("Nothing to change");
  }

  @Test
  void aCrawlShowsWhatItFoundAndTablesCanBeSeen() throws Exception {
    addSource();
    succeed("crawl", "run", "mysql");
    assertThat(out)
        .containsPattern("Crawl \\d+ of mysql has begun")
        .contains("shop -> mysql_shop: 2 added, 0 altered, 0 dropped, 0 unchanged")
        .contains("orders.place: ")
        .contains("succeeded");

    succeed("crawl", "run", "mysql", "-o", "json");
    List<String> events = out.lines().toList();
    CrawlEvent.Builder last = CrawlEvent.newBuilder();
    JsonFormat.parser().merge(events.get(events.size() - 1), last);
    assertThat(last.getFinished().getState()).isEqualTo(CrawlRun.State.STATE_SUCCEEDED);
    long run = last.getFinished().getId();

    succeed("crawl", "list", "--source", "mysql");
    assertThat(out.lines().toList()).hasSize(3);
    succeed("crawl", "show", Long.toString(run));
    assertThat(out).contains("Crawl " + run + " of mysql");

    succeed("database", "list");
    assertThat(out).containsPattern("mysql_shop +2 +mysql +shop");
    succeed("database", "list", "-o", "json");
    assertThat(json(ListDatabasesResponse.newBuilder()).getDatabasesCount()).isEqualTo(1);
    succeed("table", "list", "mysql_shop");
    assertThat(out).containsPattern("orders +table +one row an order");
    succeed("table", "list", "mysql_shop", "-o", "json");
    assertThat(json(ListTablesResponse.newBuilder()).getTablesCount()).isEqualTo(2);
    succeed("table", "get", "mysql_shop.orders");
    assertThat(out)
        .containsPattern("id +DECIMAL\\(20, 0\\) NOT NULL +bigint unsigned not null")
        .containsPattern("place +\\(unsupported\\) +point")
        .containsPattern("Primary key +id");
    succeed("table", "get", "--database", "mysql_shop", "orders", "-o", "json");
    assertThat(json(Table.newBuilder()).getEffective().getColumnsCount()).isEqualTo(3);
    succeed("table", "search", "ONE", "customer");
    assertThat(out).contains("mysql_shop.orders").doesNotContain("mysql_shop.customers");
    succeed("table", "history", "mysql_shop.orders");
    assertThat(out.lines().toList()).hasSize(2);
  }

  @Test
  void anOverlayIsSetShownAndClearedAndSurvivesACrawl() throws Exception {
    addAndCrawl();
    Path file =
        Files.writeString(
            directory.resolve("overlay.yaml"),
            """
            watermark:
              column: created_at
              expression: created_at - INTERVAL '5' SECOND
            hidden-columns: [place]
            owner: order team
            """);
    succeed("table", "overlay", "set", "mysql_shop.orders", file.toString());
    succeed("crawl", "run", "mysql");
    succeed("table", "overlay", "get", "mysql_shop.orders");
    assertThat(out).contains("column: created_at").contains("owner: order team").contains("etag:");
    Path got = Files.writeString(directory.resolve("got.yaml"), out);
    succeed("table", "get", "mysql_shop.orders");
    assertThat(out)
        .containsPattern("Watermark +created_at AS created_at - INTERVAL '5' SECOND")
        .containsPattern("place +\\(hidden\\)");

    succeed("table", "overlay", "set", "mysql_shop.orders", file.toString());
    Files.writeString(file, "owner: somebody else\n");
    succeed("table", "overlay", "set", "mysql_shop.orders", file.toString());
    assertThat(run("table", "overlay", "set", "mysql_shop.orders", got.toString()))
        .as("the etag of an earlier overlay")
        .isEqualTo(ExitCode.CONFLICT);

    succeed("table", "overlay", "clear", "mysql_shop.orders");
    succeed("table", "overlay", "get", "mysql_shop.orders", "-o", "json");
    assertThat(json(Overlay.newBuilder()).clearEtag().build())
        .isEqualTo(Overlay.getDefaultInstance());
  }

  @Test
  void anOverlayThatDoesNotFitIsRefusedPartByPart() throws Exception {
    addAndCrawl();
    Path file =
        Files.writeString(
            directory.resolve("misfit.yaml"),
            "watermark: {column: nix, expression: nix}\nhidden-columns: [neither]\n");
    assertThat(run("table", "overlay", "set", "mysql_shop.orders", file.toString()))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err).startsWith("catalog: ").contains("nix").contains("neither");
    Files.writeString(file, "watermarks: {}\n");
    assertThat(run("table", "overlay", "set", "mysql_shop.orders", file.toString()))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("line 1: key 'watermarks' is unknown");
  }

  @Test
  void whatACrawlChangedIsShownColumnByColumn() throws Exception {
    addAndCrawl();
    mysql.execute("ALTER TABLE shop.orders DROP created_at, ADD note VARCHAR(10)");
    succeed("crawl", "run", "mysql");
    assertThat(out)
        .containsPattern(
            "0 added, 1 altered, 0 dropped, 1 unchanged .*; 1 breaking: catalog crawl");
    String run = out.replaceAll("(?s)^Crawl (\\d+) .*$", "$1");

    succeed("crawl", "changes", run);
    assertThat(out.lines())
        .contains("  ~ mysql_shop.orders", "      note: column added, varchar(10)")
        .anyMatch(line -> line.matches(" +created_at: column removed, datetime.*\\(breaking\\)"));
    succeed("crawl", "show", run);
    assertThat(out).contains("~ mysql_shop.orders").contains("succeeded");
    mysql.execute("ALTER TABLE shop.orders ADD spot POINT");
    succeed("crawl", "run", "mysql");
    succeed("crawl", "changes", out.replaceAll("(?s)^Crawl (\\d+) .*$", "$1"));
    assertThat(out.lines())
        .contains(
            "      spot: column added, point (not supported)",
            "      spot: unsupported, Flink has no type for MySQL's point through JDBC.");
    mysql.execute(
        "CREATE TABLE shop.old (id INT)", "CREATE VIEW shop.recent AS SELECT id FROM shop.old");
    succeed("crawl", "run", "mysql");
    mysql.execute("DROP TABLE shop.old");
    succeed("crawl", "run", "mysql");
    succeed("crawl", "changes", out.replaceAll("(?s)^Crawl (\\d+) .*$", "$1"));
    assertThat(out.lines())
        .hasSize(3)
        .contains("  - mysql_shop.old  (breaking)", "  ! mysql_shop.recent  is left as it was")
        .anyMatch(
            line -> line.startsWith("      unsupported, View 'shop.recent' references invalid"));

    succeed("crawl", "changes", run, "-o", "json");
    TableChange.Builder change = TableChange.newBuilder();
    JsonFormat.parser().merge(out, change);
    assertThat(change.getKind()).isEqualTo(TableChange.Kind.KIND_ALTERED);
    assertThat(change.getBreaking()).isTrue();

    assertThat(run("crawl", "changes", "999999")).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(err).contains("There is no crawl run 999999");
    succeed("source", "remove", "mysql", "--yes");
    succeed("crawl", "show", run);
    assertThat(out).contains("its source was removed since");
  }

  @Test
  void aCrawlThatWouldDropTooMuchIsHeldAndCanBeDiscardedOrConfirmed() throws Exception {
    addAndCrawl();
    mysql.execute("DROP TABLE shop.orders", "DROP TABLE shop.customers");
    assertThat(run("crawl", "run", "mysql", "-o", "json")).isEqualTo(ExitCode.HELD);
    List<String> events = out.lines().toList();
    CrawlEvent.Builder last = CrawlEvent.newBuilder();
    JsonFormat.parser().merge(events.get(events.size() - 1), last);
    String run = Long.toString(last.getFinished().getId());

    succeed("crawl", "show", run);
    assertThat(out)
        .contains("would drop orders")
        .contains("catalog crawl confirm " + run)
        .doesNotContain("mysql_shop.orders");
    succeed("crawl", "changes", run);
    assertThat(out.lines())
        .containsExactly(
            "  - mysql_shop.customers  would be dropped",
            "  - mysql_shop.orders  would be dropped");
    succeed("crawl", "discard", run);
    assertThat(run("crawl", "confirm", run)).isEqualTo(ExitCode.CONFLICT);

    assertThat(run("crawl", "run", "mysql")).isEqualTo(ExitCode.HELD);
    String second = out.replaceAll("(?s)^Crawl (\\d+) .*$", "$1");
    succeed("crawl", "confirm", second);
    succeed("source", "list");
    assertThat(out).containsPattern("mysql +mysql +0 +");
  }

  @Test
  void aScheduleIsSetShownChangedAndSwitchedOff() throws Exception {
    addSource();
    succeed("source", "get", "mysql");
    assertThat(out).containsPattern("Schedule +off").doesNotContain("Next crawl");

    succeed(
        "source",
        "update",
        "mysql",
        "--schedule",
        "30 2 1 1 *",
        "--schedule-zone",
        "Europe/Paris",
        "--schedule-jitter",
        "30s",
        "--crawl-timeout",
        "10m",
        "--crawl-retries",
        "1");
    succeed("source", "get", "mysql");
    assertThat(out)
        .containsPattern("Schedule +30 2 1 1 \\* in Europe/Paris, up to 30s later")
        .containsPattern("Next crawl +\\d{4}-01-01 01:30:[0-3]\\dZ")
        .contains("timeout 10m; if a scheduled crawl fails, 1 retry, the first after 1m");
    succeed("source", "list");
    assertThat(out).containsPattern("mysql +mysql +0 +never +\\d{4}-01-01 01:30:");
    succeed("source", "get", "mysql", "-o", "json");
    Source before = json(Source.newBuilder()).build();

    assertThat(
            run("source", "update", "mysql", "--schedule", "61 * * * *", "--schedule-zone", "Mars"))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err)
        .startsWith("catalog: The source is not valid")
        .contains("  source.schedule.time_zone: 'Mars' is no time zone such as")
        .contains("  source.schedule.cron: '61 * * * *' is no cron expression: ");
    assertThat(run("source", "update", "mysql", "--crawl-timeout", "soon"))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err)
        .isEqualToIgnoringNewLines(
            "catalog: --crawl-timeout 'soon' is not a time, as in 30s, 10m, 1h or 1d.");
    succeed("source", "get", "mysql", "-o", "json");
    assertThat(json(Source.newBuilder()).build()).isEqualTo(before);

    succeed("source", "update", "mysql", "--schedule", "off");
    succeed("source", "get", "mysql");
    assertThat(out).containsPattern("Schedule +off").contains("timeout 10m");
  }

  @Test
  void aCrawlOfAllSourcesPrintsALineForEachAndEndsWithTheWorstStatus() throws Exception {
    succeed("crawl", "run", "--all");
    assertThat(out).isEmpty();
    addSource();
    succeed("crawl", "run", "--all");
    assertThat(out.lines())
        .singleElement()
        .asString()
        .matches("mysql: succeeded, crawl \\d+, 2 added, 0 altered, 0 dropped");
    succeed("crawl", "run", "--all", "--quiet");
    assertThat(out).isEmpty();
    succeed("-o", "json", "crawl", "run", "--all", "--quiet");
    assertThat(out).isEmpty();
    succeed("crawl", "run", "--all", "--due");
    assertThat(out).isEmpty();

    mysql.execute("DROP TABLE shop.orders", "DROP TABLE shop.customers");
    assertThat(run("crawl", "run", "--all", "--quiet")).isEqualTo(ExitCode.HELD);
    assertThat(out.lines())
        .singleElement()
        .asString()
        .startsWith("mysql: held, ")
        .contains("shop: 2 of 2 tables would vanish");

    succeed(
        "source",
        "add",
        "lost",
        "--kind",
        "mysql",
        "--option",
        "host=127.0.0.1",
        "--option",
        "port=1",
        "--option",
        "user=x",
        "--password-file",
        passwordFile.toString());
    assertThat(run("crawl", "run", "--all", "--quiet")).isEqualTo(ExitCode.FAILED);
    assertThat(out.lines().toList())
        .satisfiesExactly(
            line -> assertThat(line).startsWith("lost: failed, "),
            line -> assertThat(line).startsWith("mysql: held, "));
    assertThat(run("crawl", "run", "--all", "--endpoint", "127.0.0.1:1"))
        .isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(run("crawl", "run")).isEqualTo(ExitCode.USAGE);
    assertThat(err).isEqualToIgnoringNewLines("catalog: Name a SOURCE, or --all of them.");
  }

  @Test
  void aCrawlOfAllSourcesGoesOnPastOneThatIsBeingCrawledAlready() throws Exception {
    addSource();
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
        "Bearer " + Files.readString(server.data().resolve("catalog.token")).strip());
    ManagedChannel channel =
        Grpc.newChannelBuilder(endpoint(), InsecureChannelCredentials.create())
            .intercept(MetadataUtils.newAttachHeadersInterceptor(headers))
            .build();
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      succeed(
          "source",
          "add",
          "silent",
          "--kind",
          "mysql",
          "--option",
          "host=127.0.0.1",
          "--option",
          "port=" + silent.getLocalPort(),
          "--option",
          "user=x",
          "--password-file",
          passwordFile.toString());
      // It waits for a greeting that does not come.
      Iterator<CrawlEvent> crawl =
          SourceServiceGrpc.newBlockingStub(channel)
              .runCrawl(RunCrawlRequest.newBuilder().setSource("silent").build());
      assertThat(crawl.next().hasStarted()).isTrue();

      assertThat(run("crawl", "run", "--all")).isEqualTo(ExitCode.CONFLICT);
      assertThat(out.lines()).singleElement().asString().startsWith("mysql: succeeded, ");
      assertThat(err).startsWith("silent: busy. Source 'silent' is being crawled already.");
    } finally {
      channel.shutdownNow();
      // Its crawl ends with the socket.
      Awaitility.await()
          .until(() -> run("source", "remove", "silent", "--yes"), status -> status == ExitCode.OK);
    }
  }

  @Test
  void whatIsWrongWithASourceIsSaidLineByLine() {
    assertThat(
            run(
                "source",
                "add",
                "mysql",
                "--kind",
                "mysql",
                "--option",
                "port=no",
                "--option",
                "frob=1",
                "--password-file",
                passwordFile.toString()))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err.lines().filter(line -> line.startsWith("  ")).count()).isGreaterThanOrEqualTo(2);
    assertThat(err).contains("port").contains("frob").startsWith("catalog: ");

    assertThat(run("source", "add", "x", "--kind", "starocks")).isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("starocks").contains("mysql");
  }

  @Test
  void eachKindOfFailureHasItsExitStatus() throws Exception {
    assertThat(run("source", "get", "nobody")).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(err).startsWith("catalog: ").contains("nobody");
    assertThat(run("table", "get", "no.table")).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(run("table", "get", "nodot")).isEqualTo(ExitCode.USAGE);
    assertThat(run("frobnicate")).isEqualTo(ExitCode.USAGE);
    assertThat(run("source", "add", "x")).isEqualTo(ExitCode.USAGE);
    assertThat(run("crawl", "show", "999999")).isEqualTo(ExitCode.NOT_FOUND);
    addSource();
    assertThat(
            run(
                "source",
                "add",
                "mysql",
                "--kind",
                "mysql",
                "--option",
                "host=h",
                "--option",
                "user=u"))
        .isEqualTo(ExitCode.CONFLICT);
    int port = 1; // where nobody listens
    assertThat(run("--endpoint", "127.0.0.1:" + port, "source", "list"))
        .isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(err).contains("Catalog server 127.0.0.1:" + port + " cannot be reached");
    assertThat(run("--endpoint", "nonsense", "source", "list")).isEqualTo(ExitCode.USAGE);
    assertThat(run("--token-file", directory.resolve("none").toString(), "source", "list"))
        .isEqualTo(ExitCode.USAGE);
  }

  @Test
  void withoutTheTokenOfAGuardedServerACommandIsRefused() throws Exception {
    Path token =
        Files.writeString(directory.resolve("token"), "0123456789abcdef0123456789abcdef\n");
    Path binding =
        Files.writeString(directory.resolve("binding"), "fedcba9876543210fedcba9876543210\n");
    Path wrong =
        Files.writeString(directory.resolve("wrong"), "00000000000000000000000000000000\n");
    try (ServerProcess guarded =
        ServerProcess.start(
            directory,
            "guarded",
            "--catalog-token-file",
            token.toString(),
            "--binding-token-file",
            binding.toString())) {
      environment.put("UNIFIED_ENDPOINT", guarded.endpoint());
      assertThat(run("source", "list")).isEqualTo(ExitCode.REFUSED);
      assertThat(err).startsWith("catalog: ").contains("catalog-token-file");
      assertThat(run("source", "list", "--token-file", wrong.toString()))
          .isEqualTo(ExitCode.REFUSED);
      assertThat(err).doesNotContain("0000000000");
      succeed("source", "list", "--token-file", token.toString());
      environment.put("UNIFIED_TOKEN_FILE", token.toString());
      succeed("source", "list");
    } finally {
      environment.clear();
    }
  }

  @Test
  void aPasswordComesFromOnePlaceOnly() {
    assertThat(
            run(
                "source",
                "add",
                "x",
                "--kind",
                "mysql",
                "--password-file",
                passwordFile.toString(),
                "--password-env"))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("not several");
    assertThat(run("source", "add", "x", "--kind", "mysql", "--password", PASSWORD + "x"))
        .as("there is no such option")
        .isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("A password is no argument").doesNotContain(PASSWORD);
    assertThat(run("source", "add", "x", "--kind", "mysql", "--option", "password=" + PASSWORD))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("A password is no argument").doesNotContain(PASSWORD);
  }

  @Test
  void optionsAndSecretsComeFromFilesToo() throws Exception {
    Path host = Files.writeString(directory.resolve("host"), "127.0.0.1\n");
    String[] add = {
      "source",
      "add",
      "mysql",
      "--kind",
      "mysql",
      "--option",
      "port=" + mysql.port(),
      "--option",
      "user=shop",
      "--option-file",
      "host=" + host,
      "--secret-file",
      "password=" + passwordFile
    };
    List<String> twice = new ArrayList<>(List.of(add));
    twice.addAll(List.of("--option", "host=h"));
    assertThat(run(twice.toArray(String[]::new))).isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("--option host=... and --option-file host=..., not both");
    twice = new ArrayList<>(List.of(add));
    twice.addAll(List.of("--password-file", passwordFile.toString()));
    assertThat(run(twice.toArray(String[]::new))).isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("The password comes from one place");
    succeed(add);
    succeed("source", "test", "mysql");

    Path wrong = Files.writeString(directory.resolve("other"), "not-" + PASSWORD + "\n");
    succeed("source", "update", "mysql", "--secret-file", "password=" + wrong);
    assertThat(run("source", "test", "mysql")).isNotZero();
    Path empty = Files.writeString(directory.resolve("empty"), "\n");
    assertThat(run("source", "update", "mysql", "--secret-file", "password=" + empty))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("Secret file " + empty + " is empty");
    assertThat(run("source", "update", "mysql", "--option-file", "password=" + wrong))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("A password is no argument");
  }

  @Test
  void theCompletionScriptKnowsTheCommands() {
    succeed("completion");
    assertThat(out).contains("overlay", "--password-file", "--create-topic", "BACKWARD_TRANSITIVE");
    succeed("--version");
    assertThat(out).contains("Unified Catalog").contains("(API 1)");
    succeed("source", "add", "--help");
    assertThat(out).contains("--password-file").contains("Exit status:");
  }
}
