package io.unifiedcatalog.flink;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.unifiedcatalog.benchmarks.Benchmark.Goal;
import io.unifiedcatalog.proto.v1.CreateSourceRequest;
import io.unifiedcatalog.proto.v1.RunCrawlRequest;
import io.unifiedcatalog.proto.v1.Source;
import io.unifiedcatalog.proto.v1.SourceServiceGrpc;
import io.unifiedcatalog.server.CatalogServer;
import io.unifiedcatalog.server.ServerConfig;
import io.unifiedcatalog.testing.MySqlServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;

/** How often planning a join of five tables asks the catalog server, and for what. */
public final class PlanningBenchmark {
  private static final int TABLES = 5;

  private PlanningBenchmark() {}

  /** Runs it. */
  public static List<Goal> run(List<String> arguments, Path directory) throws Exception {
    if (!arguments.isEmpty()) {
      throw new IllegalArgumentException("Usage: ./benchmark planning");
    }
    Files.createDirectories(directory);
    Path data = Files.createTempDirectory(directory.toAbsolutePath(), "planning");
    try (MySqlServer mysql = MySqlServer.start();
        CatalogServer server =
            CatalogServer.start(
                ServerConfig.read(
                    List.of("--listen=127.0.0.1:0", "--no-auth", "--data-dir=" + data),
                    Map.of()))) {
      fill(mysql, server.port());
      return measure(server.port());
    }
  }

  private static void fill(MySqlServer mysql, int port) {
    mysql.execute("CREATE DATABASE shop");
    for (int i = 1; i <= TABLES; i++) {
      mysql.execute("CREATE TABLE shop.t" + i + " (id BIGINT PRIMARY KEY, v VARCHAR(20))");
    }
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    try {
      var sources = SourceServiceGrpc.newBlockingStub(channel);
      var unused =
          sources.createSource(
              CreateSourceRequest.newBuilder()
                  .setSource(
                      Source.newBuilder()
                          .setName("mysql")
                          .setKind("mysql")
                          .putOptions("host", "127.0.0.1")
                          .putOptions("port", Integer.toString(mysql.port()))
                          .putOptions("user", "root")
                          .putSecrets("password", mysql.rootPassword()))
                  .build());
      sources
          .runCrawl(RunCrawlRequest.newBuilder().setSource("mysql").build())
          .forEachRemaining(event -> {});
    } finally {
      channel.shutdownNow();
    }
  }

  private static List<Goal> measure(int port) {
    TableEnvironment flink = TableEnvironment.create(EnvironmentSettings.inBatchMode());
    flink.executeSql(
        "CREATE CATALOG unified WITH ('type' = 'unified', 'endpoint' = '127.0.0.1:"
            + port
            + "',"
            + " 'cache-ttl' = '10 min')");
    CatalogClient client = ((UnifiedCatalog) flink.getCatalog("unified").orElseThrow()).client();
    // Opening the catalog asks for the names of its databases; that is part of planning cold.
    StringBuilder join = new StringBuilder("SELECT t1.v FROM unified.mysql_shop.t1");
    for (int i = 2; i <= TABLES; i++) {
      join.append(" JOIN unified.mysql_shop.t").append(i).append(" ON t1.id = t").append(i);
      join.append(".id");
    }
    List<Goal> goals = new ArrayList<>();
    System.out.printf("%-10s %15s %15s%n", "planning", "metadata calls", "ResolveBinding");
    long metadata = 0;
    long bindings = 0;
    for (String run : List.of("cold", "warm")) {
      flink.explainSql(join.toString());
      long metadataCalls = client.metadataCalls() - metadata;
      long bindingCalls = client.bindingCalls() - bindings;
      metadata += metadataCalls;
      bindings += bindingCalls;
      System.out.printf("%-10s %15d %15d%n", run, metadataCalls, bindingCalls);
      goals.add(
          new Goal(
              run + " metadata calls of a 5-table join",
              metadataCalls,
              run.equals("cold") ? 7 : 0));
      goals.add(new Goal(run + " ResolveBinding calls a table", bindingCalls / (double) TABLES, 1));
    }
    System.out.println();
    return goals;
  }
}
