package io.unifiedcatalog.sql;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.ResultKind;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.table.api.internal.TableEnvironmentInternal;
import org.apache.flink.table.operations.Operation;
import org.apache.flink.table.operations.command.ResetOperation;
import org.apache.flink.table.operations.command.SetOperation;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a script of Flink SQL statements, prints each of them and its rows, and ends with status 1
 * at the first that fails. The script mode of Flink's own SQL client (2.3.0) prints some statements
 * only and ends with status 0 after a failure, so that neither a reader nor a cron job can tell
 * what happened.
 */
public final class SqlScript {
  private static final Logger log = LoggerFactory.getLogger(SqlScript.class);

  private final PrintWriter out;
  private TableEnvironment tables;

  private SqlScript(PrintWriter out) {
    this.out = out;
    this.tables = environment();
  }

  /** Runs the statements of the first file without printing them, then those of the second. */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 2) {
      System.err.println("catalog: SqlScript wants two files: what to run first, and the script.");
      System.exit(2);
    }
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    boolean done =
        new SqlScript(out)
            .run(Files.readString(Path.of(arguments[0])), Files.readString(Path.of(arguments[1])));
    out.flush();
    // Connectors may leave threads behind that are no daemons.
    System.exit(done ? 0 : 1);
  }

  private static TableEnvironment environment() {
    TableEnvironment tables =
        TableEnvironment.create(
            EnvironmentSettings.newInstance()
                .withConfiguration(GlobalConfiguration.loadConfiguration())
                .build());
    // The next statement may read what this one writes.
    tables.getConfig().set("table.dml-sync", "true");
    return tables;
  }

  private boolean run(String before, String script) {
    for (String statement : Statements.of(before)) {
      if (!execute(statement, false)) {
        return false;
      }
    }
    for (String statement : Statements.of(script)) {
      out.println("Flink SQL> " + statement + ";");
      out.flush();
      if (!execute(statement, true)) {
        return false;
      }
      out.println();
    }
    return true;
  }

  private boolean execute(String statement, boolean print) {
    long begun = System.nanoTime();
    try {
      Operation operation = ((TableEnvironmentInternal) tables).getParser().parse(statement).get(0);
      if (operation instanceof SetOperation set && set.getKey().isPresent()) {
        tables.getConfig().set(set.getKey().get(), set.getValue().orElse(""));
      } else if (operation instanceof ResetOperation reset && reset.getKey().isPresent()) {
        tables.getConfig().getConfiguration().removeKey(reset.getKey().get());
      } else {
        TableResult result = ((TableEnvironmentInternal) tables).executeInternal(operation);
        if (print && result.getResultKind() == ResultKind.SUCCESS_WITH_CONTENT) {
          result.print();
        }
      }
      if (print) {
        out.printf("[done in %.1f s]%n", (System.nanoTime() - begun) / 1e9);
      }
      return true;
    } catch (Exception failure) {
      log.error("Statement failed: {}", statement, failure);
      out.println("[failed] " + reason(failure));
      out.flush();
      return false;
    }
  }

  /**
   * What a chain of causes says, from the outermost to the one that explains it; the log has the
   * rest.
   */
  private static String reason(Throwable failure) {
    StringBuilder reason = new StringBuilder();
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      String message = cause.getMessage() == null ? cause.getClass().getName() : cause.getMessage();
      if (reason.indexOf(message) < 0) {
        reason.append(reason.length() == 0 ? "" : System.lineSeparator() + "  because ");
        reason.append(message);
      }
    }
    return reason.toString();
  }
}
