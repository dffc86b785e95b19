package io.unifiedcatalog.flink;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.unifiedcatalog.proto.v1.Source;
import io.unifiedcatalog.proto.v1.TestSourceRequest;
import io.unifiedcatalog.testing.Prefix;
import io.unifiedcatalog.testing.SharedServers;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.flink.table.api.TableEnvironment;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A MySQL server that answers a query with a demand for a file of whoever asks, as the protocol
 * lets it ({@code LOCAL INFILE}): neither the catalog server nor Flink sends one.
 */
@ExtendWith(SharedServers.class)
class HostileMySqlIT {
  private static final Shop shop = Shop.shared();
  private static Path secret;
  private static HostileMySql hostile;
  private static String database;

  @BeforeAll
  static void start(@TempDir Path directory, Prefix prefix) throws IOException {
    secret = Files.writeString(directory.resolve("binding.token"), "what nobody else may read");
    database = prefix.name("hostile");
    // With the password method that needs no TLS, behind which nobody between could read.
    shop.mysql.execute(
        "CREATE USER " + database + "@'%' IDENTIFIED WITH mysql_native_password BY 'hostile'",
        "CREATE DATABASE " + database,
        "GRANT ALL ON " + database + ".* TO " + database + "@'%'",
        "CREATE TABLE " + database + ".bait (id BIGINT PRIMARY KEY)");
    hostile = new HostileMySql(shop.mysql.port(), secret);
    shop.add(
        Source.newBuilder()
            .setName(database)
            .setKind("mysql")
            .putOptions("host", "127.0.0.1")
            .putOptions("port", Integer.toString(hostile.port()))
            .putOptions("user", database)
            .putOptions("include", database)
            .putOptions("property.sslMode", "DISABLED")
            .putSecrets("password", "hostile"));
    shop.crawl(database);
  }

  @AfterAll
  static void stop() throws IOException {
    hostile.close();
  }

  @Test
  void oneThatIsLetGetsTheFile() throws Exception {
    hostile.demandAt("FROM bait");
    try (Connection connection =
            DriverManager.getConnection(
                "jdbc:mysql://127.0.0.1:"
                    + hostile.port()
                    + "/"
                    + database
                    + "?sslMode=DISABLED&allowLoadLocalInfile=true",
                database,
                "hostile");
        Statement statement = connection.createStatement()) {
      statement.execute("SELECT * FROM bait");
    }
    assertThat(hostile.answers()).containsExactly("what nobody else may read");
  }

  @Test
  void flinkSendsNoFileToOne() {
    // The driver asks for the server's variables first; the table's rows by a prepared statement.
    hostile.demandAt("SELECT");
    TableEnvironment session = shop.batch();
    String select = "SELECT * FROM unified." + database + "_" + database + ".bait";
    assertThat(catchThrowable(() -> Shop.rows(session, select))).isNotNull();
    assertThat(hostile.answers()).isNotEmpty().allMatch(String::isEmpty);
  }

  @Test
  void theServerSendsNoFileToOne() {
    hostile.demandAt("information_schema");
    assertThat(catchThrowable(() -> shop.crawl(database))).isNotNull();
    TestSourceRequest test = TestSourceRequest.newBuilder().setName(database).build();
    assertThat(catchThrowable(() -> shop.sources().testSource(test))).isNotNull();
    assertThat(hostile.answers()).isNotEmpty().allMatch(String::isEmpty);
  }

  /** Stands between a client and a real MySQL, and answers chosen queries itself. */
  private static final class HostileMySql implements AutoCloseable {
    private static final int COM_QUERY = 3;

    private final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final int target;
    private final Path file;
    private final List<String> answers = Collections.synchronizedList(new ArrayList<>());
    private volatile @Nullable String marker;

    HostileMySql(int target, Path file) throws IOException {
      this.target = target;
      this.file = file;
      thread(
          () -> {
            while (!socket.isClosed()) {
              serve(socket.accept());
            }
          });
    }

    int port() {
      return socket.getLocalPort();
    }

    /** Demands the file in answer to each query that contains a text; forgets earlier answers. */
    void demandAt(String text) {
      marker = text;
      answers.clear();
    }

    /** What was sent for each demand. */
    List<String> answers() {
      return List.copyOf(answers);
    }

    private void serve(Socket client) throws IOException {
      Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
      thread(
          () -> {
            try (server;
                client) {
              server.getInputStream().transferTo(client.getOutputStream());
            }
          });
      thread(
          () -> {
            try (server;
                client) {
              DataInputStream in = new DataInputStream(client.getInputStream());
              while (true) {
                Packet packet = Packet.read(in);
                String demanded = marker;
                if (demanded != null
                    && packet.number == 0
                    && packet.body.length > 0
                    && packet.body[0] == COM_QUERY
                    && new String(packet.body, UTF_8).contains(demanded)) {
                  demand(in, client.getOutputStream());
                } else {
                  packet.write(server.getOutputStream());
                }
              }
            }
          });
    }

    private void demand(DataInputStream in, OutputStream out) throws IOException {
      byte[] name = file.toString().getBytes(UTF_8);
      byte[] body = new byte[name.length + 1];
      body[0] = (byte) 0xfb;
      System.arraycopy(name, 0, body, 1, name.length);
      new Packet(1, body).write(out);
      ByteArrayOutputStream sent = new ByteArrayOutputStream();
      Packet packet = Packet.read(in);
      while (packet.body.length > 0) {
        sent.writeBytes(packet.body);
        packet = Packet.read(in);
      }
      answers.add(sent.toString(UTF_8));
      // OK, nothing changed, autocommit.
      new Packet(packet.number + 1, new byte[] {0, 0, 0, 2, 0, 0, 0}).write(out);
    }

    private interface Work {
      void run() throws IOException;
    }

    private static void thread(Work work) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  work.run();
                } catch (IOException e) {
                  // The other side left.
                }
              },
              "hostile-mysql");
      thread.setDaemon(true);
      thread.start();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  /** A packet of MySQL's protocol: three bytes of length, its number, and the body. */
  private static final class Packet {
    final int number;
    final byte[] body;

    Packet(int number, byte[] body) {
      this.number = number;
      this.body = body;
    }

    static Packet read(DataInputStream in) throws IOException {
      int length = in.readUnsignedByte() | in.readUnsignedByte() << 8 | in.readUnsignedByte() << 16;
      int number = in.readUnsignedByte();
      return new Packet(number, in.readNBytes(length));
    }

    void write(OutputStream out) throws IOException {
      ByteArrayOutputStream packet = new ByteArrayOutputStream();
      packet.write(body.length);
      packet.write(body.length >> 8);
      packet.write(body.length >> 16);
      packet.write(number);
      packet.writeBytes(body);
      out.write(packet.toByteArray());
    }
  }
}
