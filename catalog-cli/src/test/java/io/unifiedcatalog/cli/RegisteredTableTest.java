package io.unifiedcatalog.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.unifiedcatalog.proto.v1.CheckSchemaResponse;
import io.unifiedcatalog.proto.v1.RegisterTableResponse;
import io.unifiedcatalog.proto.v1.Table;
import io.unifiedcatalog.proto.v1.TestSourceResponse;
import io.unifiedcatalog.testing.KafkaServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Tables over the topics of a real Kafka, by the commands, against a real server. */
@ExtendWith(SharedCatalog.class)
class RegisteredTableTest extends CommandLineTest {
  private static final String CLICK =
      """
      syntax = "proto3";
      package shop;
      import "google/protobuf/timestamp.proto";

      message Click {
        // Who clicked.
        int64 user_id = 1;
        string page = 2;
        google.protobuf.Timestamp at = 3;
      }
      """;

  private static ServerProcess server;

  /** Of its own: a crawl looks at all topics. */
  private static KafkaServer kafka;

  @TempDir Path root;

  @BeforeAll
  static void startServers(ServerProcess shared) {
    server = shared;
    kafka = KafkaServer.start();
    kafka.createTopic("there", 3);
    int status =
        Catalog.run(
            Map.of(
                "UNIFIED_ENDPOINT",
                server.endpoint(),
                "XDG_STATE_HOME",
                ServerProcess.STATE.toString()),
            new PrintWriter(Writer.nullWriter()),
            new PrintWriter(Writer.nullWriter()),
            "source",
            "add",
            "kafka",
            "--kind",
            "kafka",
            "--option",
            "bootstrap-servers=" + kafka.bootstrapServers());
    assertThat(status).isZero();
  }

  @AfterAll
  static void stopServers() {
    kafka.close();
  }

  @Override
  String endpoint() {
    return server.endpoint();
  }

  private void registerSchema(String subject, String text) throws IOException {
    Path file = Files.writeString(root.resolve("click.proto"), text);
    succeed("schema", "register", subject, "-I", root.toString(), file.toString());
  }

  @Test
  void aTopicWithASchemaIsATableThatFollowsTheSchema() throws Exception {
    registerSchema("clicks-value", CLICK);
    String[] register = {
      "table",
      "register",
      "kafka.clicks",
      "--topic",
      "clicks",
      "--schema",
      "clicks-value",
      "--key-format",
      "raw",
      "--key-columns",
      "user_id",
      "--computed",
      "ts AS CAST(`at` AS TIMESTAMP_LTZ(3))",
      "--watermark",
      "ts - INTERVAL '5' SECOND",
      "--metadata",
      "offset BIGINT VIRTUAL",
      "--option",
      "scan.startup.mode=earliest-offset",
      "--comment",
      "who clicked what",
      "--create-topic",
      "--partitions",
      "4"
    };
    succeed(register);
    assertThat(out)
        .startsWith("Table kafka.clicks registered, version 1.\n")
        .containsPattern("\n  .*clicks.* was created with 4 partitions")
        .containsPattern("\nuser_id +BIGINT.*Who clicked\\.")
        .containsPattern("\noffset +BIGINT METADATA FROM 'offset' VIRTUAL");

    succeed("table", "get", "kafka.clicks");
    assertThat(out)
        .containsPattern("Source +kafka \\(kafka\\)")
        .containsPattern("Store +[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n")
        .containsPattern("Comment +who clicked what")
        .containsPattern(
            "Schema +value from clicks-value, version 1, follows the newest, message shop.Click")
        .containsPattern("Registered +key.fields = user_id")
        .containsPattern("Registered +key.format = raw")
        .containsPattern("Registered +scan.startup.mode = earliest-offset")
        .containsPattern("Registered +topic = clicks")
        .containsPattern("Watermark +ts AS ts - INTERVAL '5' SECOND");

    succeed(register(register, "-o", "json"));
    RegisterTableResponse again = json(RegisterTableResponse.newBuilder()).build();
    assertThat(again.getExisted()).isTrue();
    assertThat(again.getTable().getVersion()).isEqualTo(1);

    Path robot =
        Files.writeString(
            root.resolve("click.proto"), CLICK.replace("\n}", "\n  bool robot = 4;\n}"));
    succeed("schema", "check", "clicks-value", "-I", root.toString(), robot.toString());
    assertThat(out)
        .isEqualTo(
            """
            Subject clicks-value: compatible; this would be version 2.
              Table kafka.clicks would have a new version.
            """);
    succeed("schema", "register", "clicks-value", "-I", root.toString(), robot.toString());
    assertThat(out).endsWith("\n  Table kafka.clicks has a new version.\n");
    succeed("table", "get", "kafka.clicks", "-o", "json");
    Table followed = json(Table.newBuilder()).build();
    assertThat(followed.getVersion()).isEqualTo(2);
    assertThat(followed.getEffective().getColumnsList())
        .anySatisfy(column -> assertThat(column.getName()).isEqualTo("robot"));

    assertThat(run("schema", "delete", "clicks-value", "--yes")).isEqualTo(ExitCode.CONFLICT);
    assertThat(err).startsWith("catalog: ").contains("kafka.clicks");
    assertThat(run("schema", "delete", "clicks-value")).isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("\n  used by table kafka.clicks");

    succeed("table", "drop", "kafka.clicks");
    assertThat(out).isEqualTo("Table kafka.clicks dropped.\n");
    assertThat(run("table", "get", "kafka.clicks")).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(run("table", "drop", "kafka.clicks")).isEqualTo(ExitCode.NOT_FOUND);
    succeed("schema", "delete", "clicks-value", "--yes");
  }

  private static String[] register(String[] arguments, String... more) {
    return Stream.of(arguments, more).flatMap(Arrays::stream).toArray(String[]::new);
  }

  @Test
  void aSchemaThatWouldBreakATableIsRefusedWithStatus3AndTheTableNamed() throws Exception {
    registerSchema("breaking", CLICK);
    succeed("schema", "set", "breaking", "--compatibility", "NONE");
    succeed(
        "table",
        "register",
        "kafka.breaking",
        "--topic",
        "there",
        "--schema",
        "breaking:1",
        "--message",
        "shop.Click");
    assertThat(out).containsPattern("\n  .*there.* 3 partitions");
    succeed(
        "table",
        "register",
        "kafka.follows",
        "--topic",
        "there",
        "--schema",
        "breaking",
        "--message",
        "shop.Click");
    succeed("table", "get", "kafka.breaking");
    assertThat(out).contains("value from breaking, version 1, pinned, message shop.Click");

    Path file =
        Files.writeString(
            root.resolve("click.proto"), CLICK.replace("message Click", "message Tap"));
    for (String command : new String[] {"check", "register"}) {
      assertThat(run("schema", command, "breaking", "-I", root.toString(), file.toString()))
          .isEqualTo(ExitCode.INCOMPATIBLE);
      assertThat(err)
          .startsWith(
              "catalog: Subject breaking does not take this schema: 1 table that it would break.")
          .containsPattern("\n  .*kafka.follows")
          .doesNotContain("kafka.breaking");
    }
    assertThat(
            run(
                "schema",
                "check",
                "breaking",
                "-I",
                root.toString(),
                file.toString(),
                "-o",
                "json"))
        .isEqualTo(ExitCode.INCOMPATIBLE);
    assertThat(json(CheckSchemaResponse.newBuilder()).getBrokenTablesCount()).isEqualTo(1);
  }

  @Test
  void columnsAreGivenAndATopicThatIsNotThereIsAWarning() throws Exception {
    Path columns =
        Files.writeString(
            root.resolve("users.sql"),
            """
            id BIGINT NOT NULL,
            name STRING COMMENT 'as they write it', -- one line
            address ROW<street STRING, zip DECIMAL(5, 0)>
            """);
    String[] register = {
      "table",
      "register",
      "kafka.users",
      "--topic",
      "users",
      "--value-format",
      "json",
      "--key-format",
      "raw",
      "--key-columns",
      "id",
      "--columns-file",
      columns.toString(),
      "--primary-key",
      "id",
      "--option",
      "value.json.timestamp-format.standard=ISO-8601"
    };
    assertThat(run(register)).as(err).isZero();
    assertThat(out)
        .startsWith("Table kafka.users registered, version 1.\n")
        .containsPattern("\nid +BIGINT NOT NULL")
        .containsPattern("\nname .*as they write it")
        .containsPattern("\naddress +ROW<`street` .*, `zip` DECIMAL\\(5, 0\\)>");
    assertThat(err).startsWith("catalog: warning: ").contains("users").contains("does not exist");

    succeed(register(register, "--skip-check"));
    assertThat(out).startsWith("Table kafka.users is registered just so; nothing was changed");
    succeed("table", "get", "kafka.users");
    assertThat(out).containsPattern("Primary key +id\n");

    String[] other = {
      "table",
      "register",
      "kafka.users",
      "--topic",
      "others",
      "--value-format",
      "json",
      "--columns",
      "id BIGINT",
      "--skip-check"
    };
    assertThat(run(other)).isEqualTo(ExitCode.CONFLICT);
    assertThat(err).startsWith("catalog: ").contains("--replace");
    succeed(register(other, "--replace"));
    assertThat(out).startsWith("Table kafka.users registered, version 2.\n");
    succeed("table", "history", "kafka.users");
    assertThat(out.lines().toList()).hasSize(3);
    succeed("table", "drop", "--database", "kafka", "users", "-o", "json");
    assertThat(out.strip()).isEqualTo("{\n}");
  }

  @Test
  void whatTheServerFindsWrongWithARegistrationIsSaidLineByLine() throws Exception {
    assertThat(
            run(
                "table",
                "register",
                "kafka.wrong",
                "--topic",
                "a;b",
                "--value-format",
                "json",
                "--columns",
                "id BIGINT, id NUMBER",
                "--option",
                "sasl.password=x",
                "--option",
                "frob=1"))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err).startsWith("catalog: ").contains("NUMBER").contains("sasl.password");
    assertThat(err.lines().filter(line -> line.startsWith("  ")).count()).isGreaterThanOrEqualTo(2);
    assertThat(run("table", "register", "kafka.wrong", "--topic", "t", "--schema", "nobody"))
        .isEqualTo(ExitCode.NOT_FOUND);
    assertThat(run("table", "register", "nosource.t", "--topic", "t", "--schema", "nobody"))
        .isEqualTo(ExitCode.NOT_FOUND);
    registerSchema("two-messages", CLICK + "message Other { int32 a = 1; }\n");
    assertThat(run("table", "register", "kafka.wrong", "--topic", "t", "--schema", "two-messages"))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("shop.Click", "shop.Other");
    assertThat(run("table", "get", "kafka.wrong")).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(run("schema", "import", "kafka")).isEqualTo(ExitCode.CONFLICT);
    assertThat(err).contains("schema-registry-url");
  }

  @Test
  void topicsAreListedAndACrawlTellsWhichHaveNoTable() throws Exception {
    kafka.createTopic("alone", 1);
    succeed("source", "test", "kafka");
    assertThat(out)
        .startsWith("Source kafka answers: ")
        .containsPattern("\\d+ objects? that tables can be registered over:\n")
        .contains("\n  alone\n");
    succeed("source", "test", "kafka", "-o", "json");
    assertThat(json(TestSourceResponse.newBuilder()).getObjectsList()).contains("alone", "there");
    succeed("crawl", "run", "kafka");
    assertThat(out).containsPattern("\n    alone: ").contains("succeeded");
  }

  @Test
  void anImportSaysWhatBecameOfEachSubject() throws Exception {
    // As the public documentation of Confluent's registry has it; none is at hand.
    Map<String, String> answers =
        Map.of(
            "/subjects",
            "[\"imported\",\"unreadable\"]",
            "/subjects/imported/versions",
            "[1]",
            "/subjects/imported/versions/1",
            """
            {"subject": "imported", "version": 1, "id": 4711, "schemaType": "PROTOBUF",
             "schema": "syntax = \\"proto3\\"; message Imported { int32 a = 1; }"}
            """,
            "/subjects/unreadable/versions",
            "[1]",
            "/subjects/unreadable/versions/1",
            """
            {"subject": "unreadable", "version": 1, "id": 4712, "schemaType": "PROTOBUF",
             "schema": "message {"}
            """);
    HttpServer registry =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    registry.createContext(
        "/",
        exchange -> {
          byte[] body =
              answers
                  .getOrDefault(exchange.getRequestURI().getPath(), "{\"error_code\": 40401}")
                  .getBytes(StandardCharsets.UTF_8);
          boolean known = answers.containsKey(exchange.getRequestURI().getPath());
          exchange.sendResponseHeaders(known ? 200 : 404, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    registry.start();
    try {
      succeed(
          "source",
          "add",
          "importing",
          "--kind",
          "kafka",
          "--option",
          "bootstrap-servers=" + kafka.bootstrapServers(),
          "--option",
          "schema-registry-url=http://127.0.0.1:" + registry.getAddress().getPort());
      assertThat(run("schema", "import", "importing")).isEqualTo(ExitCode.FAILED);
      assertThat(out)
          .containsPattern("imported +1 +0\n")
          .containsPattern("unreadable +0 +0 +failed\n");
      assertThat(err)
          .startsWith("catalog: 1 subject of 2 was not imported:\n  unreadable: ")
          .doesNotContain("  imported:");
      succeed("schema", "import", "importing", "imported");
      assertThat(out).containsPattern("imported +0 +1\n");
      succeed("schema", "get", "--id", "4711");
      assertThat(out).contains("message Imported");
    } finally {
      registry.stop(0);
    }
  }
}
