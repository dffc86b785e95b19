package io.unifiedcatalog.cli;

import io.unifiedcatalog.proto.v1.Column;
import io.unifiedcatalog.proto.v1.DropTableRequest;
import io.unifiedcatalog.proto.v1.DropTableResponse;
import io.unifiedcatalog.proto.v1.Engine;
import io.unifiedcatalog.proto.v1.GetTableRequest;
import io.unifiedcatalog.proto.v1.Key;
import io.unifiedcatalog.proto.v1.ListTableVersionsRequest;
import io.unifiedcatalog.proto.v1.ListTableVersionsResponse;
import io.unifiedcatalog.proto.v1.ListTablesRequest;
import io.unifiedcatalog.proto.v1.ListTablesResponse;
import io.unifiedcatalog.proto.v1.PhysicalColumn;
import io.unifiedcatalog.proto.v1.PhysicalTable;
import io.unifiedcatalog.proto.v1.Problem;
import io.unifiedcatalog.proto.v1.SchemaUse;
import io.unifiedcatalog.proto.v1.SearchTablesRequest;
import io.unifiedcatalog.proto.v1.SearchTablesResponse;
import io.unifiedcatalog.proto.v1.Table;
import io.unifiedcatalog.proto.v1.TableName;
import io.unifiedcatalog.proto.v1.TableSummary;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code catalog table}: the tables of the catalog. */
@Command(
    name = "table",
    description = "The tables of the catalog.",
    synopsisSubcommandLabel = "COMMAND")
final class TableCommand {
  /** The Flink release whose types are shown unless another is named. */
  static final String FLINK = "2.3.0";

  private final Session session;

  TableCommand(Session session) {
    this.session = session;
  }

  @Command(name = "list", description = "Lists the tables of a database.")
  int list(@Parameters(paramLabel = "DATABASE") String database) {
    ListTablesResponse.Builder all = ListTablesResponse.newBuilder();
    String page = "";
    do {
      ListTablesResponse answer =
          session
              .catalog()
              .listTables(
                  ListTablesRequest.newBuilder().setDatabase(database).setPageToken(page).build());
      all.addAllTables(answer.getTablesList());
      page = answer.getNextPageToken();
    } while (!page.isEmpty());
    if (session.json()) {
      session.printJson(all.build());
      return ExitCode.OK;
    }
    Text text = new Text("TABLE", "KIND", "COMMENT");
    for (TableSummary table : all.getTablesList()) {
      text.row(table.getName().getTable(), kind(table.getKind()), table.getComment());
    }
    text.print(session.out(), "");
    return ExitCode.OK;
  }

  @Command(
      name = "search",
      description = "Finds tables by words in their names, comments and column names.")
  int search(
      @Parameters(paramLabel = "WORD", arity = "1..*") List<String> words,
      @Option(
              names = "--limit",
              paramLabel = "N",
              defaultValue = "100",
              description = "At most this many; 100 if not set.")
          int limit) {
    SearchTablesResponse found =
        session
            .catalog()
            .searchTables(
                SearchTablesRequest.newBuilder()
                    .setQuery(String.join(" ", words))
                    .setPageSize(limit)
                    .build());
    if (session.json()) {
      session.printJson(found);
      return ExitCode.OK;
    }
    Text text = new Text("TABLE", "KIND", "COMMENT");
    for (TableSummary table : found.getTablesList()) {
      text.row(TableArgument.text(table.getName()), kind(table.getKind()), table.getComment());
    }
    text.print(session.out(), "");
    if (!found.getNextPageToken().isEmpty()) {
      session.out().println("There are more; name more words, or a higher --limit.");
    }
    return ExitCode.OK;
  }

  @Command(
      name = "get",
      description = "Shows a table: what its source says, what people added, what SQL sees.")
  int get(
      @Parameters(index = "0", paramLabel = "TABLE", description = TableArgument.DESCRIPTION)
          String table,
      @Option(
              names = "--database",
              paramLabel = "DATABASE",
              description = TableArgument.DATABASE_DESCRIPTION)
          @Nullable String database,
      @Option(
              names = "--flink",
              paramLabel = "VERSION",
              defaultValue = FLINK,
              description = "The Flink release whose types are shown; " + FLINK + " if not set.")
          String flink,
      @Option(
              names = "--version-number",
              paramLabel = "N",
              defaultValue = "0",
              description = "An earlier version of the table, see `table history`.")
          long version) {
    TableName name = TableArgument.parse(table, database);
    Table found =
        session
            .catalog()
            .getTable(
                GetTableRequest.newBuilder()
                    .setName(name)
                    .setVersion(version)
                    .setEngine(Engine.newBuilder().setName("flink").setVersion(flink))
                    .build());
    if (session.json()) {
      session.printJson(found);
    } else {
      show(found.toBuilder().setName(name).build());
    }
    return ExitCode.OK;
  }

  private void show(Table table) {
    PrintWriter out = session.out();
    PhysicalTable physical = table.getPhysical();
    Text head = new Text("Table", TableArgument.text(table.getName()));
    head.row(
        "Version",
        "%d, of %s, revision %d%s"
            .formatted(
                table.getVersion(),
                Text.time(table.getUpdateTime()),
                table.getRevision(),
                table.getDropped() ? "; dropped" : ""));
    head.row("Source", source(table));
    optional(head, "Store", table.getStore());
    String comment =
        table.getOverlay().getComment().isEmpty()
            ? physical.getComment()
            : table.getOverlay().getComment();
    optional(head, "Comment", comment);
    optional(head, "Owner", table.getOverlay().getOwner());
    new TreeMap<>(table.getOverlay().getTagsMap())
        .forEach((tag, value) -> head.row("Tag", tag + " = " + value));
    if (table.getStatistics().hasRowCount()) {
      head.row("Rows", "about " + Text.count(table.getStatistics().getRowCount()));
    }
    if (table.getStatistics().hasSizeBytes()) {
      head.row("Size", "about " + Text.size(table.getStatistics().getSizeBytes()));
    }
    optional(
        head,
        "Primary key",
        String.join(
            ", ",
            table.hasEffective()
                ? table.getEffective().getPrimaryKeyList()
                : physical.getPrimaryKey().getColumnsList()));
    physical.getUniqueKeysList().forEach(key -> head.row("Unique key", key(key)));
    physical.getIndexesList().forEach(key -> head.row("Index", key(key)));
    if (table.getEffective().hasWatermark()) {
      head.row(
          "Watermark",
          "%s AS %s"
              .formatted(
                  table.getEffective().getWatermark().getColumn(),
                  table.getEffective().getWatermark().getExpression()));
    }
    physical.getRegistration().getSchemasList().forEach(use -> head.row("Schema", use(use)));
    new TreeMap<>(physical.getRegistration().getOptionsMap())
        .forEach((key, value) -> head.row("Registered", key + " = " + value));
    new TreeMap<>(table.getOverlay().getOptionsMap())
        .forEach((key, value) -> head.row("Option", key + " = " + value));
    head.print(out, "");
    out.println();
    columns(table).print(out, "");
    problems(table, out);
  }

  /** Prints what is not as it should be, after an empty line; nothing if all is well. */
  static void problems(Table table, PrintWriter out) {
    if (table.getProblemsCount() > 0) {
      out.println();
      Text problems = new Text("PROBLEM", "AT", "");
      for (Problem problem : table.getProblemsList()) {
        problems.row(
            Text.word(problem.getKind(), "KIND_"),
            problem.getSubject().isEmpty() ? "the table" : problem.getSubject(),
            problem.getMessage());
      }
      problems.print(out, "");
    }
  }

  private static String source(Table table) {
    if (table.getSource().isEmpty()) {
      return "none; it has a connector of its own";
    }
    String source =
        "%s (%s), %s"
            .formatted(
                table.getSource(), table.getSourceKind(), kind(table.getPhysical().getKind()));
    String database = table.getPhysical().getNativeDatabase();
    return database.isEmpty() ? source : source + " in " + database;
  }

  private static String use(SchemaUse use) {
    return "%s from %s, version %d, %s%s"
        .formatted(
            use.getRole(),
            use.getSubject(),
            use.getVersion(),
            use.getPinned() ? "pinned" : "follows the newest",
            use.getMessage().isEmpty() ? "" : ", message " + use.getMessage());
  }

  private static void optional(Text text, String label, String value) {
    if (!value.isEmpty()) {
      text.row(label, value);
    }
  }

  private static String key(Key key) {
    return "%s (%s)".formatted(key.getName(), String.join(", ", key.getColumnsList()));
  }

  /**
   * All columns in the order in which SQL sees them. Those that SQL does not see say why, and stand
   * behind the column of the source that they follow there.
   */
  static Text columns(Table table) {
    Map<String, PhysicalColumn> physical = new HashMap<>();
    Set<String> seen =
        table.getEffective().getColumnsList().stream()
            .map(Column::getName)
            .collect(Collectors.toSet());
    Map<String, List<PhysicalColumn>> unseen = new HashMap<>();
    // No column has this name.
    String before = "";
    for (PhysicalColumn column : table.getPhysical().getColumnsList()) {
      physical.put(column.getName(), column);
      if (seen.contains(column.getName())) {
        before = column.getName();
      } else {
        unseen.computeIfAbsent(before, name -> new ArrayList<>()).add(column);
      }
    }
    Text text = new Text("COLUMN", "TYPE IN SQL", "TYPE IN THE SOURCE", "COMMENT");
    unseen(table, unseen.getOrDefault("", List.of()), text);
    for (Column column : table.getEffective().getColumnsList()) {
      switch (column.getOriginCase()) {
        case PHYSICAL ->
            text.row(
                column.getName(),
                column.getPhysical().getType(),
                nativeType(
                    physical.getOrDefault(column.getName(), PhysicalColumn.getDefaultInstance())),
                column.getComment());
        case COMPUTED ->
            text.row(
                column.getName(),
                "AS " + column.getComputed().getExpression(),
                "",
                column.getComment());
        case METADATA ->
            text.row(
                column.getName(),
                "%s METADATA FROM '%s'%s"
                    .formatted(
                        column.getMetadata().getType(),
                        column.getMetadata().getKey(),
                        column.getMetadata().getVirtual() ? " VIRTUAL" : ""),
                "",
                column.getComment());
        case ORIGIN_NOT_SET -> {}
      }
      unseen(table, unseen.getOrDefault(column.getName(), List.of()), text);
    }
    return text;
  }

  private static void unseen(Table table, List<PhysicalColumn> columns, Text text) {
    for (PhysicalColumn column : columns) {
      text.row(
          column.getName(),
          table.getOverlay().getHiddenColumnsList().contains(column.getName())
              ? "(hidden)"
              : "(unsupported)",
          nativeType(column),
          column.getComment());
    }
  }

  private static String nativeType(PhysicalColumn column) {
    return column.getNativeType() + (column.getNullable() ? "" : " not null");
  }

  private static String kind(PhysicalTable.Kind kind) {
    return Text.word(kind, "KIND_");
  }

  @Command(
      name = "drop",
      description = {
        "Takes a registered table out of the catalog; its data is not touched.",
        "Registered again, it is the same table with its history, and no overlay. A table that a crawl found is dropped in its source."
      })
  int drop(
      @Parameters(index = "0", paramLabel = "TABLE", description = TableArgument.DESCRIPTION)
          String table,
      @Option(
              names = "--database",
              paramLabel = "DATABASE",
              description = TableArgument.DATABASE_DESCRIPTION)
          @Nullable String database) {
    TableName name = TableArgument.parse(table, database);
    DropTableResponse dropped =
        session.catalog().dropTable(DropTableRequest.newBuilder().setName(name).build());
    if (session.json()) {
      session.printJson(dropped);
    } else {
      session.out().println("Table %s dropped.".formatted(TableArgument.text(name)));
    }
    return ExitCode.OK;
  }

  @Command(
      name = "history",
      description = "Lists a table's versions, the newest first. Works for a dropped table, too.")
  int history(
      @Parameters(index = "0", paramLabel = "TABLE", description = TableArgument.DESCRIPTION)
          String table,
      @Option(
              names = "--database",
              paramLabel = "DATABASE",
              description = TableArgument.DATABASE_DESCRIPTION)
          @Nullable String database,
      @Option(
              names = "--limit",
              paramLabel = "N",
              defaultValue = "20",
              description = "At most this many; 20 if not set.")
          int limit) {
    TableName name = TableArgument.parse(table, database);
    ListTableVersionsResponse versions =
        session
            .catalog()
            .listTableVersions(
                ListTableVersionsRequest.newBuilder().setName(name).setPageSize(limit).build());
    if (session.json()) {
      session.printJson(versions);
      return ExitCode.OK;
    }
    Text text = new Text("VERSION", "REVISION", "AT", "BY", "WHY", "COLUMNS");
    for (Table version : versions.getVersionsList()) {
      text.row(
          version.getVersion(),
          version.getRevision(),
          Text.time(version.getUpdateTime()),
          version.getAuthor(),
          version.getDropped() ? "dropped; " + version.getReason() : version.getReason(),
          version.getPhysical().getColumnsList().stream()
              .map(PhysicalColumn::getName)
              .collect(Collectors.joining(", ")));
    }
    text.print(session.out(), "");
    return ExitCode.OK;
  }
}
