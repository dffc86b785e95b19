package io.unifiedcatalog.cli;

import io.unifiedcatalog.proto.v1.Database;
import io.unifiedcatalog.proto.v1.ListDatabasesRequest;
import io.unifiedcatalog.proto.v1.ListDatabasesResponse;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code catalog database}: the namespaces of tables. */
@Command(
    name = "database",
    description = "The databases of the catalog.",
    synopsisSubcommandLabel = "COMMAND")
final class DatabaseCommand {
  private final Session session;

  DatabaseCommand(Session session) {
    this.session = session;
  }

  @Command(name = "list", description = "Lists the databases.")
  int list(
      @Option(names = "--source", paramLabel = "SOURCE", description = "Only of this source.")
          @Nullable String source) {
    List<Database> databases = databases(session, source == null ? "" : source);
    if (session.json()) {
      session.printJson(ListDatabasesResponse.newBuilder().addAllDatabases(databases).build());
      return ExitCode.OK;
    }
    Text text = new Text("NAME", "TABLES", "SOURCE", "NAME IN THE SOURCE");
    for (Database database : databases) {
      text.row(
          database.getName(),
          Text.count(database.getTableCount()),
          database.getSource(),
          database.getNativeName());
    }
    text.print(session.out(), "");
    return ExitCode.OK;
  }

  /** All databases of a source, or of all sources if its name is empty. */
  static List<Database> databases(Session session, String source) {
    List<Database> all = new ArrayList<>();
    String page = "";
    do {
      ListDatabasesResponse answer =
          session
              .catalog()
              .listDatabases(
                  ListDatabasesRequest.newBuilder().setSource(source).setPageToken(page).build());
      all.addAll(answer.getDatabasesList());
      page = answer.getNextPageToken();
    } while (!page.isEmpty());
    return all;
  }
}
