package io.unifiedcatalog.sql;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.DeploymentOptions;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.table.api.ResultKind;
import org.apache.flink.table.client.gateway.Executor;
import org.apache.flink.table.client.gateway.SingleSessionManager;
import org.apache.flink.table.client.gateway.StatementResult;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.gateway.SqlGateway;
import org.apache.flink.table.gateway.service.context.DefaultContext;
import org.apache.flink.table.utils.print.PrintStyle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a script through the gateway of Flink's SQL client, prints each statement and its rows, and
 * ends with status 1 at the first that fails. The client's own script mode (2.3.0) prints some
 * statements only and ends with status 0 after a failure, so that neither a reader nor a cron job
 * can tell what happened.
 */
public final class SqlScript {
  private static final Logger log = LoggerFactory.getLogger(SqlScript.class);
  private static final int COLUMN_WIDTH = 30;

  private final PrintWriter out;
  private final Executor executor;

  private SqlScript(PrintWriter out, Executor executor) {
    this.out = out;
    this.executor = executor;
  }

  /** Runs the statements of the first file without printing them, then those of the second. */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 2) {
      System.err.println("catalog: SqlScript wants two files: what to run first, and the script.");
      System.exit(2);
    }
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    Configuration flink = GlobalConfiguration.loadConfiguration();
    flink.set(DeploymentOptions.JOB_STATUS_CHANGED_LISTENERS, List.of(JobFailures.class.getName()));
    DefaultContext context = DefaultContext.load(flink, List.of(), true);
    String loopback = InetAddress.getLoopbackAddress().getHostAddress();
    int port = freePort();
    Configuration endpoint = new Configuration();
    endpoint.setString("sql-gateway.endpoint.rest.address", loopback);
    endpoint.setString("sql-gateway.endpoint.rest.bind-address", loopback);
    endpoint.setString("sql-gateway.endpoint.rest.port", Integer.toString(port));
    SqlGateway gateway = new SqlGateway(endpoint, new SingleSessionManager(context));
    gateway.start();
    boolean done;
    try (Executor executor =
        Executor.create(context, InetSocketAddress.createUnresolved(loopback, port), "default")) {
      done =
          new SqlScript(out, executor)
              .run(
                  Files.readString(Path.of(arguments[0])), Files.readString(Path.of(arguments[1])));
    } finally {
      gateway.stop();
    }
    out.flush();
    // Connectors may leave threads behind that are no daemons.
    System.exit(done ? 0 : 1);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private boolean run(String before, String script) throws InterruptedException {
    // The next statement may read what this one writes.
    if (!execute("SET 'table.dml-sync' = 'true'", false)) {
      return false;
    }
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

  private boolean execute(String statement, boolean print) throws InterruptedException {
    long begun = System.nanoTime();
    JobFailures.reset();
    try (StatementResult result = executor.executeStatement(statement)) {
      if (print && result.isQueryResult()) {
        printQuery(result);
      } else if (print
          && result.getResultKind() == ResultKind.SUCCESS_WITH_CONTENT
          && result.getJobId() == null) {
        printAnswer(result);
      } else {
        result.forEachRemaining(row -> {});
      }
      if (print) {
        out.printf("[done in %.1f s]%n", (System.nanoTime() - begun) / 1e9);
      }
      return true;
    } catch (Exception failure) {
      log.error("Statement failed: {}", statement, failure);
      out.println(
          "[failed] " + String.join("\n  because ", Reasons.of(JobFailures.behind(failure))));
      out.flush();
      return false;
    }
  }

  /**
   * The rows of a stream are printed as they come, those of a batch when their widths are known.
   */
  private void printQuery(StatementResult result) {
    boolean stream =
        executor.getSessionConfig().get(ExecutionOptions.RUNTIME_MODE)
            == RuntimeExecutionMode.STREAMING;
    PrintStyle style =
        stream
            ? PrintStyle.tableauWithTypeInferredColumnWidths(
                result.getResultSchema(),
                result.getRowDataToStringConverter(),
                COLUMN_WIDTH,
                false,
                true)
            : PrintStyle.tableauWithDataInferredColumnWidths(
                result.getResultSchema(),
                result.getRowDataToStringConverter(),
                COLUMN_WIDTH,
                false,
                false);
    style.print(result, out);
  }

  /** What SHOW, DESCRIBE and EXPLAIN answer. Text of several lines would only suffer in a frame. */
  private void printAnswer(StatementResult result) {
    List<RowData> rows = new ArrayList<>();
    result.forEachRemaining(rows::add);
    boolean text = false;
    for (RowData row : rows) {
      String[] cells = result.getRowDataToStringConverter().convert(row);
      text |= cells.length == 1 && cells[0].contains("\n");
    }
    PrintStyle style =
        text
            ? PrintStyle.rawContent(result.getRowDataToStringConverter())
            : PrintStyle.tableauWithDataInferredColumnWidths(
                result.getResultSchema(),
                result.getRowDataToStringConverter(),
                Integer.MAX_VALUE,
                true,
                false);
    style.print(rows.iterator(), out);
  }
}
