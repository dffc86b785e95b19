package io.unifiedcatalog.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.proto.v1.TableDraft;
import io.unifiedcatalog.testing.RedisServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Tables over the keys of a real Redis, by the commands, against a real server. */
@ExtendWith(SharedCatalog.class)
class RedisTableTest extends CommandLineTest {
  private static ServerProcess server;

  /** Of its own: a draft counts all keys of a pattern. */
  private static RedisServer redis;

  @TempDir Path root;

  @BeforeAll
  static void startServers(ServerProcess shared) {
    server = shared;
    redis = RedisServer.start();
    redis.execute(
        List.of(
            "HSET user:1:profile name Ada points 420",
            "HSET user:2:profile name \"it's Alan\" points 17",
            "HSET user:3:profile name Grace \"last seen\" 2026-11-03T11:05:59Z"));
  }

  @AfterAll
  static void stopServers() {
    redis.close();
  }

  @Override
  String endpoint() {
    return server.endpoint();
  }

  @Test
  void aDraftIsATableWhenItsCommandIsRunAndStaysAsItIsAfterwards() throws Exception {
    Path password = Files.writeString(root.resolve("password"), redis.password() + "\n");
    succeed(
        "source",
        "add",
        "redis",
        "--kind",
        "redis",
        "--option",
        "nodes=127.0.0.1:" + redis.port(),
        "--password-file",
        password.toString());
    assertThat(out).endsWith("Next: catalog table infer redis\n");
    succeed("source", "test", "redis");

    String[] infer = {"table", "infer", "redis", "--pattern", "user:{user_id}:profile"};
    succeed(infer);
    assertThat(out)
        .startsWith("Sampled 3 keys of 'user:{user_id}:profile', of all that there are.\n")
        .containsPattern("\nhash +100 % \\(3 of 3\\) +user:[123]:profile\n")
        .containsPattern("\nuser_id +BIGINT NOT NULL +100 % \\(3 of 3\\) +100 % \\(3 of 3\\)\n")
        .containsPattern("\npoints +BIGINT +66\\.7 % \\(2 of 3\\) +100 % \\(2 of 2\\)\n")
        .contains("This is a draft and no table.");
    String command = out.lines().filter(line -> line.contains("table register")).findFirst().get();
    assertThat(command)
        .isEqualTo(
            "  bin/catalog table register redis.user_profile --pattern 'user:{user_id}:profile'"
                + " --value hash --columns 'user_id BIGINT NOT NULL, name STRING, points BIGINT,"
                + " `last seen` TIMESTAMP_LTZ(3)'");
    assertThat(run("table", "get", "redis.user_profile")).isEqualTo(ExitCode.NOT_FOUND);

    succeed(words(command));
    assertThat(out)
        .startsWith("Table redis.user_profile registered, version 1.\n")
        .containsPattern("Key 'user:[123]:profile' is one of the table's, and holds a hash.");

    // Others come, and the table stays; what is otherwise is told.
    redis.execute(List.of("HSET user:4:profile name Jean points many city Paris"));
    succeed(infer);
    assertThat(out)
        .containsPattern("\npoints +STRING +")
        .contains(
            "Table 'user_profile' is registered over such keys and stays as it is, though its"
                + " column points is BIGINT and here VARCHAR(2147483647); it has no column city.");
    succeed("table", "history", "redis.user_profile");
    assertThat(out.lines().filter(line -> line.matches("^ *[0-9]+ .*"))).hasSize(1);
    succeed("table", "infer", "redis", "--pattern", "user:{user_id}:profile", "-o", "json");
    assertThat(json(TableDraft.newBuilder()).getSamples()).isEqualTo(4);

    // Bad input costs a message and nothing else.
    assertThat(
            run(
                "table",
                "register",
                "redis.other",
                "--pattern",
                "user:{name}",
                "--value",
                "string",
                "--columns",
                "name STRING, v STRING"))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err)
        .contains("overlaps with 'user:{user_id}:profile' of table 'user_profile'")
        .contains("set the option overlap to allow");
    assertThat(run("table", "get", "redis.other")).isEqualTo(ExitCode.NOT_FOUND);
    // Where it is meant it is taken, and leaves alone what was there before.
    String other =
        "catalog table register redis.other --pattern 'user:{name}' --value hash --columns"
            + " 'name STRING, v STRING' --option overlap=allow";
    succeed(words(other));
    succeed(words(command));
    assertThat(out).contains("Table redis.user_profile is registered just so; nothing was changed");
    succeed(words(command.replace("BIGINT,", "STRING,") + " --replace"));
    assertThat(out).startsWith("Table redis.user_profile registered, version 2.\n");
    assertThat(run(words(other.replace(" --option overlap=allow", " --replace"))))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err).contains("overlaps with 'user:{user_id}:profile' of table 'user_profile'");
    assertThat(run("table", "infer", "redis", "--pattern", "cart:{id}"))
        .isEqualTo(ExitCode.NOT_FOUND);
    assertThat(err).contains("none of the pattern 'cart:{id}'");
    assertThat(everything()).doesNotContain(redis.password());
  }

  /** A command as a shell would take it apart, without its first word. */
  private static String[] words(String command) {
    List<String> words = new ArrayList<>();
    Matcher word = Pattern.compile("'([^']*)'|(\\S+)").matcher(command);
    while (word.find()) {
      words.add(word.group(1) == null ? word.group(2) : word.group(1));
    }
    return words.subList(1, words.size()).toArray(String[]::new);
  }
}
