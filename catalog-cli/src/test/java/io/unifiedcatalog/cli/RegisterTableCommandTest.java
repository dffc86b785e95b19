package io.unifiedcatalog.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unifiedcatalog.proto.v1.ComputedColumn;
import io.unifiedcatalog.proto.v1.Engine;
import io.unifiedcatalog.proto.v1.MetadataColumn;
import io.unifiedcatalog.proto.v1.Overlay;
import io.unifiedcatalog.proto.v1.PhysicalColumn;
import io.unifiedcatalog.proto.v1.RegisterTableRequest;
import io.unifiedcatalog.proto.v1.Registration;
import io.unifiedcatalog.proto.v1.SchemaUse;
import io.unifiedcatalog.proto.v1.TableName;
import io.unifiedcatalog.proto.v1.Watermark;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class RegisterTableCommandTest {
  private static final Engine ENGINE =
      Engine.newBuilder().setName("flink").setVersion("2.3.0").build();

  @TempDir Path directory;

  private static RegisterTableRequest request(String... arguments) {
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    try (Session session = new Session(Map.of(), nowhere, nowhere)) {
      RegisterTableCommand command = new RegisterTableCommand(session);
      new CommandLine(command).parseArgs(arguments);
      return command.request();
    }
  }

  @Test
  void aTopicWithASchemaIsOptionsAndUses() {
    assertThat(
            request(
                "kafka.clicks",
                "--topic",
                "clicks",
                "--schema",
                "clicks-value",
                "--message",
                "shop.Click",
                "--key-schema",
                "clicks-key:2",
                "--key-message",
                "shop.Key"))
        .isEqualTo(
            RegisterTableRequest.newBuilder()
                .setName(TableName.newBuilder().setDatabase("kafka").setTable("clicks"))
                .setRegistration(
                    Registration.newBuilder()
                        .putOptions("topic", "clicks")
                        .addSchemas(
                            SchemaUse.newBuilder()
                                .setRole("key")
                                .setSubject("clicks-key")
                                .setVersion(2)
                                .setMessage("shop.Key"))
                        .addSchemas(
                            SchemaUse.newBuilder()
                                .setRole("value")
                                .setSubject("clicks-value")
                                .setMessage("shop.Click")))
                .setEngine(ENGINE)
                .build());
  }

  @Test
  void formatsKeysAndColumnsGoByFlinksNames() {
    assertThat(
            request(
                "kafka.users",
                "--topic=users",
                "--key-format=raw",
                "--key-columns=id, region",
                "--value-format=json",
                "--columns=id BIGINT NOT NULL, name STRING",
                "--option=value.json.ignore-parse-errors=true",
                "--option=properties.x=a=b",
                "--comment=who they are",
                "--replace",
                "--skip-check"))
        .isEqualTo(
            RegisterTableRequest.newBuilder()
                .setName(TableName.newBuilder().setDatabase("kafka").setTable("users"))
                .setRegistration(
                    Registration.newBuilder()
                        .putOptions("topic", "users")
                        .putOptions("key.format", "raw")
                        .putOptions("key.fields", "id;region")
                        .putOptions("value.format", "json")
                        .putOptions("value.json.ignore-parse-errors", "true")
                        .putOptions("properties.x", "a=b"))
                .addColumns(PhysicalColumn.newBuilder().setName("id").setNativeType("BIGINT"))
                .addColumns(
                    PhysicalColumn.newBuilder()
                        .setName("name")
                        .setNativeType("STRING")
                        .setNullable(true))
                .setComment("who they are")
                .setReplace(true)
                .setSkipCheck(true)
                .setEngine(ENGINE)
                .build());
  }

  @Test
  void whatPeopleAddComesFromOptionsAndAFileTogether() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("overlay.yaml"),
            "owner: web team\nmetadata-columns:\n  - {name: partition, type: INT, virtual: true}\n");
    assertThat(
            request(
                    "kafka.clicks",
                    "--topic=clicks",
                    "--schema=clicks-value",
                    "--primary-key=id,at",
                    "--watermark=at - INTERVAL '5' SECOND",
                    "--computed=day AS CAST(at AS DATE)",
                    "--metadata=offset BIGINT VIRTUAL",
                    "--metadata=written TIMESTAMP_LTZ(3) FROM 'timestamp'",
                    "--overlay=" + file)
                .getOverlay())
        .isEqualTo(
            Overlay.newBuilder()
                .setOwner("web team")
                .addPrimaryKey("id")
                .addPrimaryKey("at")
                .setWatermark(
                    Watermark.newBuilder()
                        .setColumn("at")
                        .setExpression("at - INTERVAL '5' SECOND"))
                .addComputedColumns(
                    ComputedColumn.newBuilder().setName("day").setExpression("CAST(at AS DATE)"))
                .addMetadataColumns(
                    MetadataColumn.newBuilder()
                        .setName("partition")
                        .setType("INT")
                        .setVirtual(true))
                .addMetadataColumns(
                    MetadataColumn.newBuilder()
                        .setName("offset")
                        .setType("BIGINT")
                        .setVirtual(true))
                .addMetadataColumns(
                    MetadataColumn.newBuilder()
                        .setName("written")
                        .setType("TIMESTAMP_LTZ(3)")
                        .setKey("timestamp"))
                .build());
  }

  @Test
  void withoutAPartOfAnOverlayNoneIsSentSoThatATableKeepsItsOwn() {
    assertThat(request("kafka.clicks", "--topic=clicks", "--schema=s").hasOverlay()).isFalse();
    assertThat(request("kafka.clicks", "--topic=clicks", "--schema=s").hasCreate()).isFalse();
  }

  @Test
  void aTopicIsMadeAsAsked() {
    assertThat(request("k.t", "--topic=t", "--schema=s", "--create-topic").getCreate())
        .isEqualTo(RegisterTableRequest.Create.getDefaultInstance());
    assertThat(
            request(
                    "k.t",
                    "--topic=t",
                    "--schema=s",
                    "--create-topic",
                    "--partitions=12",
                    "--replication-factor=3")
                .getCreate()
                .getOptionsMap())
        .containsOnly(Map.entry("partitions", "12"), Map.entry("replication-factor", "3"));
  }

  @Test
  void everythingThatIsWrongIsSaidAtOnce() throws Exception {
    Path overlay =
        Files.writeString(
            directory.resolve("o.yaml"), "watermark: {column: a, expression: a}\nownr: me\n");
    assertThatThrownBy(
            () ->
                request(
                    "kafka.clicks",
                    "--topic=clicks",
                    "--option=topic=others",
                    "--schema=clicks-value:newest",
                    "--key-message=shop.Key",
                    "--columns=id",
                    "--columns-file=" + directory.resolve("none.sql"),
                    "--partitions=3",
                    "--overlay=" + overlay,
                    "--watermark=a b",
                    "--metadata=offset"))
        .isInstanceOf(CommandFailure.class)
        .hasMessage(
            """
            Table kafka.clicks was not registered:
              --topic and --option topic=... are the same; name one of them.
              --key-message wants its subject with --key-schema.
              --schema 'clicks-value:newest' is not SUBJECT or SUBJECT:VERSION. Write for example clicks-value:3.
              Name one of --columns and --columns-file, not both.
              --columns:1:3: a type is expected after id.
              --schema and --columns both say which columns there are; name one of them.
              Overlay file %s was not applied:
                line 2: key 'ownr' is unknown; known here: column-comments, column-order, comment, computed-columns, etag, hidden-columns, metadata-columns, options, owner, primary-key, tags, watermark.
              --watermark:1:1: a watermark is COLUMN AS EXPRESSION; write for example "ts AS ts - INTERVAL '5' SECOND".
              --metadata:1:7: a type is expected after offset.
              --partitions and --replication-factor are of a topic that --create-topic makes."""
                .formatted(overlay));
  }
}
