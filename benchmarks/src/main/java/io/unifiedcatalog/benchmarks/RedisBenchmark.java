package io.unifiedcatalog.benchmarks;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.unifiedcatalog.benchmarks.Benchmark.Goal;
import io.unifiedcatalog.testing.RedisServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.function.IntFunction;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;

/**
 * Lookups and writes of Redis in Flink, beside the same commands by Lettuce alone, as many under
 * way at once, on one connection each, in turns. Flink's time has the start of its job in it.
 */
final class RedisBenchmark {
  private static final String USAGE = "Usage: ./benchmark redis [--rows N] [--rounds N]";

  /** Commands that are under way at once, on both sides. */
  private static final int IN_FLIGHT = 1_000;

  /** One at a time is so much slower that fewer rows tell. */
  private static final int SINGLE_SHARE = 20;

  private final RedisServer server;
  private final RedisAsyncCommands<byte[], byte[]> lettuce;

  private RedisBenchmark(RedisServer server, RedisAsyncCommands<byte[], byte[]> lettuce) {
    this.server = server;
    this.lettuce = lettuce;
  }

  static List<Goal> run(List<String> arguments, Path directory) throws Exception {
    int rows = 1_000_000;
    int rounds = 5;
    for (int i = 0; i < arguments.size(); i += 2) {
      if (!List.of("--rows", "--rounds").contains(arguments.get(i)) || i + 1 == arguments.size()) {
        throw new IllegalArgumentException(USAGE);
      }
      int value = Integer.parseInt(arguments.get(i + 1));
      rows = arguments.get(i).equals("--rows") ? value : rows;
      rounds = arguments.get(i).equals("--rounds") ? value : rounds;
    }
    Figures lookups = new Figures();
    Figures singles = new Figures();
    Figures writes = new Figures();
    try (RedisServer server = RedisServer.start("appendonly no")) {
      RedisClient client =
          RedisClient.create(
              RedisURI.builder()
                  .withHost("127.0.0.1")
                  .withPort(server.port())
                  .withPassword(server.password().toCharArray())
                  .build());
      try (StatefulRedisConnection<byte[], byte[]> connection =
          client.connect(ByteArrayCodec.INSTANCE)) {
        RedisBenchmark benchmark = new RedisBenchmark(server, connection.async());
        System.out.printf(
            Locale.ROOT,
            "%,d hashes of 2 fields, %d rounds, Redis on this machine%n",
            rows,
            rounds);
        // Warms both sides, and makes the keys.
        benchmark.plainWrites(rows);
        benchmark.flinkWrites(rows);
        benchmark.plainLookups(rows);
        benchmark.flinkLookups(rows, IN_FLIGHT);
        for (int round = 1; round <= rounds; round++) {
          double plainLookups = benchmark.plainLookups(rows);
          double flinkLookups = benchmark.flinkLookups(rows, IN_FLIGHT);
          double flinkSingles = benchmark.flinkLookups(rows / SINGLE_SHARE, 1) * SINGLE_SHARE;
          double plainWrites = benchmark.plainWrites(rows);
          double flinkWrites = benchmark.flinkWrites(rows);
          lookups.add(plainLookups / flinkLookups);
          singles.add(plainLookups / flinkSingles);
          writes.add(plainWrites / flinkWrites);
          System.out.printf(
              Locale.ROOT,
              "round %d: lookups, Lettuce %.1f s, Flink %.1f s, one at a time %.1f s;"
                  + " writes, Lettuce %.1f s, Flink %.1f s%n",
              round,
              plainLookups,
              flinkLookups,
              flinkSingles,
              plainWrites,
              flinkWrites);
        }
      } finally {
        client.shutdown();
      }
    }
    System.out.printf(
        "%n%-38s %8s %8s %8s%n", "rows a second of it / of Lettuce", "median", "min", "max");
    System.out.printf("%-38s %s%n", "lookups", lookups);
    System.out.printf("%-38s %s%n", "lookups, one at a time", singles);
    System.out.printf("%-38s %s%n%n", "writes", writes);
    return List.of(
        new Goal("lookups / Lettuce", lookups.median(), Goal.Bound.AT_LEAST, 0.5, 0.5),
        new Goal("writes / Lettuce", writes.median(), Goal.Bound.AT_LEAST, 0.5, 0.5));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Seconds for so many commands by Lettuce alone. */
  private double plain(int count, IntFunction<CompletionStage<?>> command) throws Exception {
    long began = System.nanoTime();
    Semaphore free = new Semaphore(IN_FLIGHT);
    for (int i = 1; i <= count; i++) {
      free.acquire();
      var unused = command.apply(i).whenComplete((answer, failure) -> free.release());
    }
    free.acquire(IN_FLIGHT);
    return (System.nanoTime() - began) / 1e9;
  }

  private double plainLookups(int count) throws Exception {
    byte[] name = bytes("name");
    byte[] age = bytes("age");
    return plain(count, i -> lettuce.hmget(bytes("user:" + i), name, age));
  }

  private double plainWrites(int count) throws Exception {
    byte[] name = bytes("name");
    byte[] age = bytes("age");
    return plain(
        count,
        i ->
            lettuce.hset(
                bytes("user:" + i),
                Map.of(name, bytes("the name of " + i), age, bytes(String.valueOf(i)))));
  }

  private TableEnvironment flink(int count) {
    TableEnvironment flink = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
    flink.getConfig().set("parallelism.default", "1");
    flink.getConfig().set("pipeline.object-reuse", "true");
    flink.executeSql(
        "CREATE TABLE users (id INT, name STRING, age INT) WITH ('connector' = 'redis', 'nodes' ="
            + " '127.0.0.1:"
            + server.port()
            + "', 'password' = '"
            + server.password()
            + "', 'key-pattern' = 'user:{id}', 'value' = 'hash', 'sink.max-in-flight' = '"
            + IN_FLIGHT
            + "')");
    flink.executeSql(
        "CREATE TABLE numbers (id INT) WITH ('connector' = 'datagen', 'rows-per-second' ="
            + " '100000000', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1',"
            + " 'fields.id.end' = '"
            + count
            + "')");
    flink.executeSql(
        "CREATE TABLE found (id INT, name STRING, age INT) WITH ('connector' = 'blackhole')");
    return flink;
  }

  private double flinkLookups(int count, int capacity) throws Exception {
    TableEnvironment flink = flink(count);
    flink.getConfig().set("table.exec.async-lookup.buffer-capacity", String.valueOf(capacity));
    long began = System.nanoTime();
    flink
        .executeSql(
            "INSERT INTO found SELECT n.id, u.name, u.age FROM (SELECT id, PROCTIME() AS p FROM"
                + " numbers) AS n JOIN users FOR SYSTEM_TIME AS OF n.p AS u ON n.id = u.id")
        .await();
    return (System.nanoTime() - began) / 1e9;
  }

  private double flinkWrites(int count) throws Exception {
    TableEnvironment flink = flink(count);
    long began = System.nanoTime();
    flink
        .executeSql(
            "INSERT INTO users SELECT id, 'the name of ' || CAST(id AS STRING), id FROM numbers")
        .await();
    return (System.nanoTime() - began) / 1e9;
  }
}
