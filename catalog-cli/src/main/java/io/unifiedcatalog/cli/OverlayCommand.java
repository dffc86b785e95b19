package io.unifiedcatalog.cli;

import io.unifiedcatalog.proto.v1.Engine;
import io.unifiedcatalog.proto.v1.GetTableRequest;
import io.unifiedcatalog.proto.v1.Overlay;
import io.unifiedcatalog.proto.v1.Table;
import io.unifiedcatalog.proto.v1.TableName;
import io.unifiedcatalog.proto.v1.UpdateTableOverlayRequest;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code catalog table overlay}: what people add to a table for SQL. */
@Command(
    name = "overlay",
    description = "What people add to a table for SQL. A crawl never changes it.",
    synopsisSubcommandLabel = "COMMAND")
final class OverlayCommand {
  private static final Engine ENGINE =
      Engine.newBuilder().setName("flink").setVersion("2.3.0").build();

  private final Session session;

  OverlayCommand(Session session) {
    this.session = session;
  }

  @Command(
      name = "get",
      description = "Prints a table's overlay as a YAML file that `table overlay set` takes.")
  int get(
      @Parameters(index = "0", paramLabel = "TABLE", description = TableArgument.DESCRIPTION)
          String table,
      @Option(
              names = "--database",
              paramLabel = "DATABASE",
              description = TableArgument.DATABASE_DESCRIPTION)
          @Nullable String database) {
    TableName name = TableArgument.parse(table, database);
    Table found = session.catalog().getTable(GetTableRequest.newBuilder().setName(name).build());
    if (session.json()) {
      session.printJson(found.getOverlay());
    } else {
      session.out().print(OverlayFile.write(found.getOverlay()));
      session.out().flush();
    }
    return ExitCode.OK;
  }

  @Command(
      name = "set",
      description = {
        "Replaces a table's overlay by a YAML file's. It is checked against the table first.",
        "With the etag of `table overlay get` in the file, nobody's change in between is overwritten."
      })
  int set(
      @Parameters(index = "0", paramLabel = "TABLE", description = TableArgument.DESCRIPTION)
          String table,
      @Option(
              names = "--database",
              paramLabel = "DATABASE",
              description = TableArgument.DATABASE_DESCRIPTION)
          @Nullable String database,
      @Parameters(
              index = "1",
              paramLabel = "FILE",
              description =
                  "Keys: watermark (column, expression), computed-columns (name, expression, comment), metadata-columns (name, type, key, virtual, comment), primary-key, hidden-columns, column-comments, comment, owner, tags, options, column-order, etag. '-' reads standard input.")
          Path file) {
    TableName name = TableArgument.parse(table, database);
    Overlay overlay = OverlayFile.read(OverlayFile.text(file), file.toString());
    if (overlay.toBuilder().clearEtag().build().equals(Overlay.getDefaultInstance())) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "Overlay file %s says nothing. To take the overlay of %s away: catalog table overlay clear %s"
              .formatted(file, TableArgument.text(name), TableArgument.text(name)));
    }
    return update(name, overlay, "set");
  }

  @Command(name = "clear", description = "Takes a table's overlay away.")
  int clear(
      @Parameters(index = "0", paramLabel = "TABLE", description = TableArgument.DESCRIPTION)
          String table,
      @Option(
              names = "--database",
              paramLabel = "DATABASE",
              description = TableArgument.DATABASE_DESCRIPTION)
          @Nullable String database) {
    return update(TableArgument.parse(table, database), Overlay.getDefaultInstance(), "cleared");
  }

  private int update(TableName name, Overlay overlay, String done) {
    Table table =
        session
            .catalog()
            .updateTableOverlay(
                UpdateTableOverlayRequest.newBuilder()
                    .setName(name)
                    .setOverlay(overlay)
                    .setEngine(ENGINE)
                    .build());
    if (session.json()) {
      session.printJson(table);
    } else {
      session
          .out()
          .println(
              "Overlay of %s %s: version %d."
                  .formatted(TableArgument.text(name), done, table.getVersion()));
    }
    return ExitCode.OK;
  }
}
