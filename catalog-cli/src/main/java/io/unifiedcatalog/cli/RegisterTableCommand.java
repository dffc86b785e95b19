package io.unifiedcatalog.cli;

import io.unifiedcatalog.proto.v1.Engine;
import io.unifiedcatalog.proto.v1.Overlay;
import io.unifiedcatalog.proto.v1.PhysicalColumn;
import io.unifiedcatalog.proto.v1.RegisterTableRequest;
import io.unifiedcatalog.proto.v1.RegisterTableResponse;
import io.unifiedcatalog.proto.v1.Registration;
import io.unifiedcatalog.proto.v1.SchemaUse;
import io.unifiedcatalog.proto.v1.Table;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code catalog table register}: a table of a system that has no schemas. */
@Command(
    name = "register",
    description = {
      "Registers a table of a source that has no schemas, a Kafka topic or Redis' keys of a pattern, in the database of the source's name.",
      "Its columns come from a --schema of the registry, or are given with --columns. What a query cannot use is said at once; a registration that is there just so changes nothing."
    })
final class RegisterTableCommand implements Callable<Integer> {
  private final Session session;

  RegisterTableCommand(Session session) {
    this.session = session;
  }

  @Parameters(
      index = "0",
      paramLabel = "TABLE",
      description = "DATABASE.TABLE, split at the first dot; the database has the source's name.")
  private String table = "";

  @Option(
      names = "--topic",
      paramLabel = "TOPIC",
      description = "The Kafka topic: --option topic=TOPIC.")
  private @Nullable String topic;

  @Option(
      names = "--pattern",
      paramLabel = "PATTERN",
      description =
          "Redis' keys, with each column that is in them in braces, as in 'user:{user_id}:profile': --option key-pattern=PATTERN.")
  private @Nullable String pattern;

  @Option(
      names = "--value",
      paramLabel = "KIND",
      description =
          "What Redis' keys hold: string, hash, hash-entries, list, set, zset, stream or json: --option value=KIND.")
  private @Nullable String value;

  @Option(
      names = "--schema",
      paramLabel = "SUBJECT[:VERSION]",
      description =
          "The subject that describes the value; follows its newest version unless one is named.")
  private @Nullable String schema;

  @Option(
      names = "--message",
      paramLabel = "MESSAGE",
      description = "The full name of its message, for example shop.Click, if it has several.")
  private @Nullable String message;

  @Option(
      names = "--key-schema",
      paramLabel = "SUBJECT[:VERSION]",
      description = "The subject that describes the key.")
  private @Nullable String keySchema;

  @Option(
      names = "--key-message",
      paramLabel = "MESSAGE",
      description = "The full name of its message.")
  private @Nullable String keyMessage;

  @Option(
      names = "--key-format",
      paramLabel = "FORMAT",
      description = "Flink's format of the key, for example raw: --option key.format=FORMAT.")
  private @Nullable String keyFormat;

  @Option(
      names = "--key-columns",
      paramLabel = "COLUMN",
      split = ",",
      description = "The columns that the key holds, with commas between: --option key.fields=...")
  private List<String> keyColumns = List.of();

  @Option(
      names = "--value-format",
      paramLabel = "FORMAT",
      description =
          "Flink's format of the value, for example json; not with --schema: --option value.format=FORMAT.")
  private @Nullable String valueFormat;

  @Option(
      names = "--columns",
      paramLabel = "COLUMNS",
      description =
          "The columns as in CREATE TABLE, for example 'id BIGINT NOT NULL, name STRING COMMENT ''full'''.")
  private @Nullable String columns;

  @Option(names = "--columns-file", paramLabel = "FILE", description = "A file with the same.")
  private @Nullable Path columnsFile;

  @Option(
      names = "--option",
      paramLabel = "KEY=VALUE",
      description =
          "An option by the connector's name, for example scan.startup.mode=earliest-offset or value.json.ignore-parse-errors=true; repeatable.")
  private Map<String, String> options = Map.of();

  @Option(
      names = "--primary-key",
      paramLabel = "COLUMN",
      split = ",",
      description =
          "The primary key, with commas between; a topic is an upsert stream then. Redis' keys say it themselves.")
  private List<String> primaryKey = List.of();

  @Option(
      names = "--watermark",
      paramLabel = "WATERMARK",
      description = "For example \"ts AS ts - INTERVAL '5' SECOND\".")
  private @Nullable String watermark;

  @Option(
      names = "--computed",
      paramLabel = "COLUMN",
      description =
          "A computed column, for example \"ts AS CAST(at AS TIMESTAMP_LTZ(3))\", which a watermark on a protobuf Timestamp needs; repeatable.")
  private List<String> computed = List.of();

  @Option(
      names = "--metadata",
      paramLabel = "COLUMN",
      description =
          "A metadata column, for example \"at TIMESTAMP_LTZ(3) FROM 'timestamp'\" or 'offset BIGINT VIRTUAL'; repeatable.")
  private List<String> metadata = List.of();

  @Option(
      names = "--column-order",
      paramLabel = "COLUMN",
      split = ",",
      description =
          "The columns of all kinds in the order in which SQL shows them, with commas between. Default: those of --columns, --computed, --metadata.")
  private List<String> columnOrder = List.of();

  @Option(
      names = "--overlay",
      paramLabel = "FILE",
      description =
          "What else people add, as `table overlay set` takes it; '-' reads standard input.")
  private @Nullable Path overlayFile;

  @Option(names = "--comment", paramLabel = "TEXT", description = "What the table holds.")
  private String comment = "";

  @Option(
      names = "--replace",
      description =
          "A table of that name may be there: it gets a new version. It keeps its overlay unless a part of one is given.")
  private boolean replace;

  @Option(names = "--create-topic", description = "Make the topic if it is not there.")
  private boolean create;

  @Option(
      names = "--partitions",
      paramLabel = "N",
      description =
          "How many partitions a topic that is made has; the cluster's default if not set.")
  private @Nullable Integer partitions;

  @Option(
      names = "--replication-factor",
      paramLabel = "N",
      description = "How many replicas it has; the cluster's default if not set.")
  private @Nullable Integer replicationFactor;

  @Option(
      names = "--skip-check",
      description = "Do not ask the source whether it has what the table needs.")
  private boolean skipCheck;

  @Override
  public Integer call() {
    RegisterTableResponse registered = session.catalog().registerTable(request());
    if (session.json()) {
      session.printJson(registered);
      return ExitCode.OK;
    }
    Table made = registered.getTable();
    session
        .out()
        .println(
            registered.getExisted()
                ? "Table %s is registered just so; nothing was changed, version %d."
                    .formatted(TableArgument.text(made.getName()), made.getVersion())
                : "Table %s registered, version %d."
                    .formatted(TableArgument.text(made.getName()), made.getVersion()));
    registered.getNotesList().forEach(note -> session.out().println("  " + Text.line(note)));
    session.out().println();
    TableCommand.columns(made).print(session.out(), "");
    TableCommand.problems(made, session.out());
    session.out().flush();
    registered
        .getWarningsList()
        .forEach(warning -> session.err().println("catalog: warning: " + Text.line(warning)));
    session.err().flush();
    return ExitCode.OK;
  }

  /**
   * What the arguments ask for.
   *
   * @throws CommandFailure names everything that is wrong with them at once
   */
  RegisterTableRequest request() {
    List<String> faults = new ArrayList<>();
    RegisterTableRequest.Builder request =
        RegisterTableRequest.newBuilder()
            .setName(TableArgument.parse(table, null))
            .setComment(comment)
            .setReplace(replace)
            .setSkipCheck(skipCheck)
            .setEngine(Engine.newBuilder().setName("flink").setVersion(TableCommand.FLINK));
    request.setRegistration(registration(faults));
    request.addAllColumns(columns(faults));
    // Those of Redis' keys are given beside the schema of their values.
    if (schema != null && pattern == null && (columns != null || columnsFile != null)) {
      faults.add("--schema and --columns both say which columns there are; name one of them.");
    }
    Overlay overlay = overlay(faults);
    if (!overlay.equals(Overlay.getDefaultInstance())) {
      request.setOverlay(overlay);
    }
    if (create) {
      RegisterTableRequest.Create.Builder how = RegisterTableRequest.Create.newBuilder();
      if (partitions != null) {
        how.putOptions("partitions", partitions.toString());
      }
      if (replicationFactor != null) {
        how.putOptions("replication-factor", replicationFactor.toString());
      }
      request.setCreate(how);
    } else if (partitions != null || replicationFactor != null) {
      faults.add("--partitions and --replication-factor are of a topic that --create-topic makes.");
    }
    if (!faults.isEmpty()) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "Table %s was not registered:\n  %s".formatted(table, String.join("\n  ", faults)));
    }
    return request.build();
  }

  private Registration registration(List<String> faults) {
    Registration.Builder registration = Registration.newBuilder().putAllOptions(options);
    option(registration, "--topic", "topic", topic, faults);
    option(registration, "--pattern", "key-pattern", pattern, faults);
    option(registration, "--value", "value", value, faults);
    option(registration, "--key-format", "key.format", keyFormat, faults);
    option(
        registration,
        "--key-columns",
        "key.fields",
        keyColumns.isEmpty() ? null : String.join(";", stripped(keyColumns)),
        faults);
    option(registration, "--value-format", "value.format", valueFormat, faults);
    use(registration, "key", "--key-schema", keySchema, "--key-message", keyMessage, faults);
    use(registration, "value", "--schema", schema, "--message", message, faults);
    return registration.build();
  }

  /** Sets the connector's option that one of this command's stands for. */
  private void option(
      Registration.Builder registration,
      String argument,
      String key,
      @Nullable String value,
      List<String> faults) {
    if (value == null) {
      return;
    }
    if (options.containsKey(key)) {
      faults.add("%s and --option %s=... are the same; name one of them.".formatted(argument, key));
    }
    registration.putOptions(key, value);
  }

  private static void use(
      Registration.Builder registration,
      String role,
      String argument,
      @Nullable String subject,
      String messageArgument,
      @Nullable String message,
      List<String> faults) {
    if (subject == null) {
      if (message != null) {
        faults.add("%s wants its subject with %s.".formatted(messageArgument, argument));
      }
      return;
    }
    SchemaUse.Builder use = SchemaUse.newBuilder().setRole(role);
    int colon = subject.indexOf(':');
    use.setSubject(colon < 0 ? subject : subject.substring(0, colon));
    if (colon >= 0) {
      Long version = SchemaFiles.version(subject.substring(colon + 1));
      if (version == null || colon == 0) {
        faults.add(
            "%s '%s' is not SUBJECT or SUBJECT:VERSION. Write for example clicks-value:3."
                .formatted(argument, Text.line(subject)));
        return;
      }
      use.setVersion(version);
    }
    if (message != null) {
      use.setMessage(message);
    }
    registration.addSchemas(use);
  }

  private List<PhysicalColumn> columns(List<String> faults) {
    if (columns != null && columnsFile != null) {
      faults.add("Name one of --columns and --columns-file, not both.");
    }
    if (columns != null) {
      return ColumnText.columns("--columns", columns, faults);
    }
    if (columnsFile == null) {
      return List.of();
    }
    try {
      return ColumnText.columns(columnsFile.toString(), Files.readString(columnsFile), faults);
    } catch (NoSuchFileException missing) {
      faults.add("%s does not exist.".formatted(columnsFile));
    } catch (IOException unreadable) {
      faults.add(
          "%s cannot be read as UTF-8 text (%s)."
              .formatted(columnsFile, unreadable.getClass().getSimpleName()));
    }
    return List.of();
  }

  private Overlay overlay(List<String> faults) {
    Overlay.Builder overlay = Overlay.newBuilder();
    if (overlayFile != null) {
      try {
        overlay.mergeFrom(OverlayFile.read(OverlayFile.text(overlayFile), overlayFile.toString()));
      } catch (CommandFailure wrong) {
        faults.add(String.valueOf(wrong.getMessage()).replace("\n", "\n  "));
      }
    }
    if (watermark != null) {
      if (overlay.hasWatermark()) {
        faults.add("--watermark and the overlay file both set a watermark; take one away.");
      }
      overlay.setWatermark(ColumnText.watermark("--watermark", watermark, faults));
    }
    if (!primaryKey.isEmpty()) {
      if (overlay.getPrimaryKeyCount() > 0) {
        faults.add("--primary-key and the overlay file both set a primary key; take one away.");
      }
      overlay.addAllPrimaryKey(stripped(primaryKey));
    }
    for (String column : computed) {
      overlay.addComputedColumns(ColumnText.computed("--computed", column, faults));
    }
    for (String column : metadata) {
      overlay.addMetadataColumns(ColumnText.metadata("--metadata", column, faults));
    }
    if (!columnOrder.isEmpty()) {
      if (overlay.getColumnOrderCount() > 0) {
        faults.add("--column-order and the overlay file both set an order; take one away.");
      }
      overlay.addAllColumnOrder(stripped(columnOrder));
    }
    return overlay.build();
  }

  private static List<String> stripped(List<String> names) {
    return names.stream().map(String::strip).toList();
  }
}
