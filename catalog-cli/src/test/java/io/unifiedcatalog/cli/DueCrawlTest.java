package io.unifiedcatalog.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.testing.MySqlServer;
import io.unifiedcatalog.testing.Prefix;
import io.unifiedcatalog.testing.SharedServers;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A schedule by a real clock, which no test can hurry: beside the other classes. */
@ExtendWith({SharedServers.class, SharedCatalog.class})
class DueCrawlTest extends CommandLineTest {
  private static ServerProcess server;

  @BeforeAll
  static void startServer(ServerProcess shared) {
    server = shared;
  }

  @Override
  String endpoint() {
    return server.endpoint();
  }

  @Test
  void anOutsideCronCrawlsWhatIsDueByTheClock(MySqlServer mysql, Prefix prefix) {
    String shop = prefix.name("shop");
    mysql.execute(
        "CREATE DATABASE " + shop, "CREATE TABLE " + shop + ".orders (id INT PRIMARY KEY)");
    environment.put("UNIFIED_SOURCE_PASSWORD", mysql.rootPassword());
    succeed(
        "source",
        "add",
        "due",
        "--kind",
        "mysql",
        "--option",
        "host=127.0.0.1",
        "--option",
        "port=" + mysql.port(),
        "--option",
        "user=root",
        "--option",
        "include=" + shop + ".*");
    succeed("source", "update", "due", "--schedule", "* * * * *");

    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofSeconds(1))
        .untilAsserted(
            () -> {
              succeed("crawl", "run", "--all", "--due");
              assertThat(out).startsWith("due: succeeded, crawl ");
            });

    succeed("crawl", "list", "--source", "due");
    assertThat(out.lines()).hasSize(2);
    succeed("source", "update", "due", "--schedule", "off");
    succeed("crawl", "run", "due", "--due");
    assertThat(out).isEmpty();
  }
}
