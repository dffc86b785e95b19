package io.unifiedcatalog.testing;

import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Reader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The program of the ClickHouse engine's own JVM, which {@link ClickHouseServer} starts: libchdb,
 * ClickHouse's engine as a library, behind ClickHouse's HTTP interface as far as drivers use it.
 * What is the engine's and what is this class's: parsing, types, tables, formats and errors are the
 * engine's; the one user, status codes and headers are made here. There is no compression and no
 * session that outlives a request.
 */
final class ClickHouseEngine {
  /** Queries that run at the same time, at most. */
  private static final int CONNECTIONS = 8;

  /** The engine wants deeper stacks than a thread of Java has. */
  private static final long STACK_BYTES = 64L << 20;

  /** The one format that a driver reads large results in; a part of it begins with its header. */
  private static final String STREAMED_FORMAT = "RowBinaryWithNamesAndTypes";

  private static final Pattern ERROR = Pattern.compile("^Code: ([0-9]+)");
  private static final Pattern COMMENT = Pattern.compile("(?s)/\\*.*?\\*/|--[^\\n]*");
  private static final Pattern SELECT = Pattern.compile("(?is)[\\s(]*(select|with)\\b.*");
  private static final Pattern FORMAT = Pattern.compile("(?i)\\bformat\\b");
  private static final String AUTHENTICATION_FAILED = "516";

  /** UNKNOWN_FUNCTION, _IDENTIFIER, _TYPE, _STORAGE, _TABLE, _DATABASE, _SETTING. */
  private static final Set<String> NOT_FOUND = Set.of("46", "47", "50", "56", "60", "81", "115");

  /** What the interface itself understands; any other parameter of a request is a setting. */
  private static final Set<String> OWN_PARAMETERS =
      Set.of(
          "buffer_size",
          "client_protocol_version",
          "compress",
          "database",
          "decompress",
          "default_format",
          "password",
          "query",
          "query_id",
          "role",
          "session_id",
          "session_timeout",
          "user",
          "wait_end_of_query");

  private final Chdb chdb;
  private final String user;
  private final String password;
  private final BlockingDeque<Pointer> connections = new LinkedBlockingDeque<>();
  private final String timeZone;

  private ClickHouseEngine(Properties properties) {
    this.user = properties.getProperty("user");
    this.password = properties.getProperty("password");
    this.chdb = Native.load(properties.getProperty("library"), Chdb.class);
    chdb.chdb_set_signal_handlers_enabled(false);
    for (int i = 0; i < CONNECTIONS; i++) {
      Pointer connection =
          chdb.chdb_connect(
              3,
              new String[] {
                "clickhouse",
                "--path=" + properties.getProperty("data"),
                "--config-file=" + properties.getProperty("config")
              });
      if (connection == null) {
        throw new IllegalStateException("libchdb does not open its data directory");
      }
      connections.add(connection.getPointer(0));
    }
    Pointer first = connections.getFirst();
    byte[] zone = whole(first, "SELECT timezone()");
    this.timeZone = new String(zone, StandardCharsets.UTF_8).strip();
  }

  /** The one argument is a file of properties: library, data, config, port, user, password. */
  public static void main(String[] arguments) throws Exception {
    Properties properties = new Properties();
    try (Reader file = Files.newBufferedReader(Path.of(arguments[0]), StandardCharsets.UTF_8)) {
      properties.load(file);
    }
    JavaProcess.endWithInput();
    Runtime.getRuntime().addShutdownHook(new Thread(ClickHouseEngine::end, "end"));
    ClickHouseEngine engine = new ClickHouseEngine(properties);
    HttpServer server =
        HttpServer.create(
            new InetSocketAddress(
                InetAddress.getLoopbackAddress(), Integer.parseInt(properties.getProperty("port"))),
            /* backlog= */ 0);
    server.setExecutor(
        Executors.newCachedThreadPool(task -> new Thread(null, task, "http", STACK_BYTES)));
    server.createContext("/", engine::handle);
    server.start();
    JavaProcess.ready();
  }

  /**
   * Ends the process at once. The engine's own threads are still at work, and would crash while a
   * process that exits takes down what they use; its tables survive this as they survive a kill.
   */
  private static void end() {
    Function.getFunction("c", "_exit").invokeVoid(new Object[] {0});
  }

  /** Answers a request. What is thrown ends the connection, as ClickHouse does in mid-stream. */
  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (exchange.getRequestURI().getPath().equals("/ping")) {
        send(exchange, 200, "Ok.\n");
        return;
      }
      Map<String, String> parameters = parameters(exchange.getRequestURI().getRawQuery());
      List<String> caller = caller(exchange.getRequestHeaders(), parameters);
      if (!caller.equals(List.of(user, password))) {
        fail(
            exchange,
            "Code: "
                + AUTHENTICATION_FAILED
                + ". DB::Exception: "
                + caller.get(0)
                + ": Authentication failed: password is incorrect, or there is no user with such"
                + " name. (AUTHENTICATION_FAILED)");
        return;
      }
      try {
        query(exchange, parameters);
      } catch (EngineException e) {
        fail(exchange, Objects.requireNonNull(e.getMessage()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void query(HttpExchange exchange, Map<String, String> parameters)
      throws IOException, InterruptedException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    if (parameters.containsKey("query")) {
      text.writeBytes((parameters.get("query") + "\n").getBytes(StandardCharsets.UTF_8));
    }
    exchange.getRequestBody().transferTo(text);
    byte[] query = text.toByteArray();
    Headers asked = exchange.getRequestHeaders();
    String format =
        parameters.getOrDefault(
            "default_format",
            Objects.requireNonNullElse(asked.getFirst("X-ClickHouse-Format"), "TabSeparated"));
    String database =
        parameters.getOrDefault(
            "database",
            Objects.requireNonNullElse(asked.getFirst("X-ClickHouse-Database"), "default"));

    Headers answer = exchange.getResponseHeaders();
    answer.set(
        "X-ClickHouse-Query-Id", parameters.getOrDefault("query_id", UUID.randomUUID().toString()));
    answer.set("X-ClickHouse-Server-Display-Name", "libchdb");
    answer.set("X-ClickHouse-Timezone", timeZone);
    answer.set("X-ClickHouse-Format", format);
    // Drivers add these up; the library does not tell them before the answer begins.
    answer.set(
        "X-ClickHouse-Summary",
        "{\"read_rows\":\"0\",\"read_bytes\":\"0\",\"written_rows\":\"0\",\"written_bytes\":\"0\","
            + "\"total_rows_to_read\":\"0\",\"result_rows\":\"0\",\"result_bytes\":\"0\","
            + "\"elapsed_ns\":\"0\"}");

    Pointer connection = connections.take();
    List<String> changed = new ArrayList<>();
    try {
      whole(connection, "USE " + quoted(database, '`'));
      for (Map.Entry<String, String> parameter : parameters.entrySet()) {
        String name = parameter.getKey();
        if (!OWN_PARAMETERS.contains(name)) {
          changed.add(name);
          whole(
              connection, "SET " + quoted(name, '`') + " = " + quoted(parameter.getValue(), '\''));
        }
      }
      if (format.equals(STREAMED_FORMAT) && selects(query)) {
        stream(exchange, connection, query);
      } else {
        byte[] result = whole(connection, query, format);
        exchange.sendResponseHeaders(200, result.length == 0 ? -1 : result.length);
        exchange.getResponseBody().write(result);
      }
    } finally {
      for (String name : changed) {
        try {
          whole(connection, "SET " + quoted(name, '`') + " = DEFAULT");
        } catch (EngineException e) {
          // A query's parameter has no default, and an unknown setting was not set.
        }
      }
      // The last in is the first out: its caches are warm.
      connections.addFirst(connection);
    }
  }

  /** Whether a query reads rows, in the format that it is asked for in. */
  private static boolean selects(byte[] query) {
    String text = COMMENT.matcher(new String(query, StandardCharsets.UTF_8)).replaceAll(" ");
    return SELECT.matcher(text).matches() && !FORMAT.matcher(text).find();
  }

  private void stream(HttpExchange exchange, Pointer connection, byte[] query) throws IOException {
    Pointer stream =
        chdb.chdb_stream_query_n(
            connection,
            query,
            new NativeLong(query.length),
            STREAMED_FORMAT,
            new NativeLong(STREAMED_FORMAT.length()));
    boolean ended = false;
    try {
      check(stream);
      OutputStream out = null;
      int header = 0;
      while (true) {
        Pointer part = chdb.chdb_stream_fetch_result(connection, stream);
        if (part == null) {
          break;
        }
        try {
          if (out == null) {
            check(part);
          } else if (chdb.chdb_result_error(part) != null) {
            // The answer has begun: all that can be done is to break it off.
            throw new IOException(chdb.chdb_result_error(part));
          }
          byte[] bytes = bytes(part);
          if (bytes.length == 0) {
            break;
          }
          if (out == null) {
            exchange.sendResponseHeaders(200, 0);
            out = exchange.getResponseBody();
            out.write(bytes);
            header = headerLength(bytes);
          } else {
            // Each part begins with the names and types anew.
            out.write(bytes, header, bytes.length - header);
          }
        } finally {
          chdb.chdb_destroy_query_result(part);
        }
      }
      ended = true;
      if (out == null) {
        // No part, not even a header: there is not one row.
        byte[] result = whole(connection, query, STREAMED_FORMAT);
        exchange.sendResponseHeaders(200, result.length == 0 ? -1 : result.length);
        exchange.getResponseBody().write(result);
      } else {
        out.close();
      }
    } finally {
      if (!ended) {
        chdb.chdb_stream_cancel_query(connection, stream);
      }
      chdb.chdb_destroy_query_result(stream);
    }
  }

  /** The names and types before the first row. */
  private static int headerLength(byte[] part) {
    int[] position = {0};
    long columns = variableLengthInteger(part, position);
    for (long i = 0; i < 2 * columns; i++) {
      // The length moves the position, too.
      int length = (int) variableLengthInteger(part, position);
      position[0] += length;
    }
    return position[0];
  }

  private static long variableLengthInteger(byte[] bytes, int[] position) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = bytes[position[0]++];
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }

  /** The engine refused a query; the message is its own. */
  private static final class EngineException extends RuntimeException {
    private static final long serialVersionUID = 1;

    EngineException(String message) {
      super(message);
    }
  }

  private byte[] whole(Pointer connection, String query) {
    return whole(connection, query.getBytes(StandardCharsets.UTF_8), "TabSeparated");
  }

  private byte[] whole(Pointer connection, byte[] query, String format) {
    Pointer result =
        chdb.chdb_query_n(
            connection,
            query,
            new NativeLong(query.length),
            format,
            new NativeLong(format.length()));
    try {
      check(result);
      return bytes(result);
    } finally {
      chdb.chdb_destroy_query_result(result);
    }
  }

  private void check(Pointer result) {
    String error = chdb.chdb_result_error(result);
    if (error != null) {
      throw new EngineException(error);
    }
  }

  private byte[] bytes(Pointer result) {
    int length = chdb.chdb_result_length(result).intValue();
    return length == 0 ? new byte[0] : chdb.chdb_result_buffer(result).getByteArray(0, length);
  }

  private static String quoted(String text, char quote) {
    return quote + text.replace("\\", "\\\\").replace(String.valueOf(quote), "\\" + quote) + quote;
  }

  private static Map<String, String> parameters(@Nullable String query) {
    Map<String, String> parameters = new LinkedHashMap<>();
    if (query != null && !query.isEmpty()) {
      for (String parameter : query.split("&", -1)) {
        int equals = parameter.indexOf('=');
        parameters.put(
            decoded(equals < 0 ? parameter : parameter.substring(0, equals)),
            decoded(equals < 0 ? "" : parameter.substring(equals + 1)));
      }
    }
    return parameters;
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  /** User and password, by any of the ways that ClickHouse takes them. */
  private static List<String> caller(Headers headers, Map<String, String> parameters) {
    String authorization = headers.getFirst("Authorization");
    if (authorization != null && authorization.toLowerCase(Locale.ROOT).startsWith("basic ")) {
      String pair =
          new String(
              Base64.getDecoder().decode(authorization.substring(6)), StandardCharsets.UTF_8);
      int colon = pair.indexOf(':');
      return colon < 0
          ? List.of(pair, "")
          : List.of(pair.substring(0, colon), pair.substring(colon + 1));
    }
    return List.of(
        Objects.requireNonNullElse(
            headers.getFirst("X-ClickHouse-User"), parameters.getOrDefault("user", "default")),
        Objects.requireNonNullElse(
            headers.getFirst("X-ClickHouse-Key"), parameters.getOrDefault("password", "")));
  }

  private static void fail(HttpExchange exchange, String error) throws IOException {
    Matcher code = ERROR.matcher(error);
    String number = code.find() ? code.group(1) : "1000";
    exchange.getResponseHeaders().set("X-ClickHouse-Exception-Code", number);
    int status = NOT_FOUND.contains(number) ? 404 : 500;
    if (number.equals(AUTHENTICATION_FAILED)) {
      status = 403;
    } else if (number.equals("62")) {
      // SYNTAX_ERROR
      status = 400;
    }
    send(exchange, status, error + "\n");
  }

  private static void send(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }
}
