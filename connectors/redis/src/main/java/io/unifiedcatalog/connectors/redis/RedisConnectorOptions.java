package io.unifiedcatalog.connectors.redis;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.MemorySize;

/** The options of a table. */
public final class RedisConnectorOptions {
  /** What a key holds. */
  public enum ValueKind {
    /** A string, as it is or in a format of Flink. */
    STRING,
    /** A hash, a column a field. */
    HASH,
    /** A hash, a field and its value a row. */
    HASH_ENTRIES,
    /** A list, an element a row. */
    LIST,
    /** A set, a member a row. */
    SET,
    /** A sorted set, a member and its score a row. */
    ZSET,
    /** A stream, an entry a row and a column a field. */
    STREAM,
    /** A document of the server's JSON module, by a format of Flink. */
    JSON;

    /** As it is written in a table's options. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether rows are added behind those that are there, which nothing tells apart. */
    boolean isAppended() {
      return this == LIST || this == STREAM;
    }

    /** Whether each row is an element that a column tells from the others of its key. */
    boolean hasMembers() {
      return this == HASH_ENTRIES || this == SET || this == ZSET;
    }
  }

  /** When a key is written. */
  public enum Condition {
    /** Whether it is there or not. */
    ALWAYS,
    /** If it is not there. */
    ABSENT,
    /** If it is there. */
    PRESENT
  }

  /** Where the reading of streams begins. */
  public enum StartupMode {
    /** With the first entry that is there. */
    EARLIEST,
    /** With the first that is added after the job began. */
    LATEST,
    /** With the first of a time. */
    TIMESTAMP
  }

  /** Where the reading of streams ends. */
  public enum BoundedMode {
    /** Nowhere. */
    UNBOUNDED,
    /** With the last entry that is there when the job begins. */
    LATEST
  }

  /** What becomes of a value that is not one of its column's type. */
  public enum Misfit {
    /** The job fails, with the key and the column. */
    FAIL,
    /** The column is NULL; a row whose key it is in is left out. */
    NULL
  }

  public static final ConfigOption<List<String>> NODES =
      ConfigOptions.key("nodes")
          .stringType()
          .asList()
          .noDefaultValue()
          .withDescription(
              "The server, as HOST or HOST:PORT; of a cluster, some of its nodes, separated by"
                  + " semicolons.");

  public static final ConfigOption<Boolean> CLUSTER =
      ConfigOptions.key("cluster")
          .booleanType()
          .defaultValue(false)
          .withDescription("Whether the nodes are of a Redis Cluster.");

  public static final ConfigOption<String> SENTINEL_MASTER =
      ConfigOptions.key("sentinel.master")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The name of the server to the Sentinels that the nodes are then; unset: they are"
                  + " none.");

  public static final ConfigOption<String> SENTINEL_PASSWORD =
      ConfigOptions.key("sentinel.password")
          .stringType()
          .noDefaultValue()
          .withDescription("The password of the Sentinels, which is not that of the server.");

  public static final ConfigOption<Integer> DATABASE =
      ConfigOptions.key("database")
          .intType()
          .defaultValue(0)
          .withDescription("The number of the database; a cluster has 0 only.");

  public static final ConfigOption<String> USERNAME =
      ConfigOptions.key("username")
          .stringType()
          .noDefaultValue()
          .withDescription("A user of Redis' access control lists; unset: the user default.");

  public static final ConfigOption<String> PASSWORD =
      ConfigOptions.key("password")
          .stringType()
          .noDefaultValue()
          .withDescription("The user's password.");

  public static final ConfigOption<String> PASSWORD_FILE =
      ConfigOptions.key("password-file")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "A file that holds the password, on the machine that connects; read for each"
                  + " connection.");

  public static final ConfigOption<Boolean> TLS =
      ConfigOptions.key("tls")
          .booleanType()
          .defaultValue(false)
          .withDescription("Whether to connect by TLS.");

  public static final ConfigOption<String> TLS_CERTIFICATES =
      ConfigOptions.key("tls.trusted-certificates")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The certificates in PEM that are trusted, or the path of a file with them; unset:"
                  + " those that the JVM trusts.");

  public static final ConfigOption<Duration> COMMAND_TIMEOUT =
      ConfigOptions.key("command-timeout")
          .durationType()
          .defaultValue(Duration.ofSeconds(10))
          .withDescription(
              "How long a command may take, the wait for a server that went away included.");

  public static final ConfigOption<String> KEY_PATTERN =
      ConfigOptions.key("key-pattern")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The keys of the table, with each column of the key in braces: user:{user_id}. A"
                  + " brace of the key is doubled.");

  public static final ConfigOption<ValueKind> VALUE =
      ConfigOptions.key("value")
          .enumType(ValueKind.class)
          .noDefaultValue()
          .withDescription("What the keys hold.");

  public static final ConfigOption<String> VALUE_FORMAT =
      ConfigOptions.key("value.format")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The format of strings; unset: a string is the text, or the bytes, of one column.");

  public static final ConfigOption<Integer> VALUE_MAX_ELEMENTS =
      ConfigOptions.key("value.max-elements")
          .intType()
          .defaultValue(1_000_000)
          .withDescription("A list or set of more elements ends the job.");

  public static final ConfigOption<MemorySize> VALUE_MAX_MEMORY =
      ConfigOptions.key("value.max-memory")
          .memoryType()
          .noDefaultValue()
          .withDescription(
              "A key that takes more of the server's memory ends the job and is not read; unset:"
                  + " none is asked for.");

  public static final ConfigOption<Misfit> MISFIT =
      ConfigOptions.key("misfit")
          .enumType(Misfit.class)
          .defaultValue(Misfit.FAIL)
          .withDescription("What becomes of a value that its column's type does not hold.");

  public static final ConfigOption<Integer> SCAN_COUNT =
      ConfigOptions.key("scan.count")
          .intType()
          .defaultValue(1000)
          .withDescription("How many keys the server looks at for one SCAN, about.");

  public static final ConfigOption<StartupMode> SCAN_STARTUP_MODE =
      ConfigOptions.key("scan.startup.mode")
          .enumType(StartupMode.class)
          .defaultValue(StartupMode.EARLIEST)
          .withDescription("Of streams: with which entry reading begins.");

  public static final ConfigOption<Long> SCAN_STARTUP_TIMESTAMP =
      ConfigOptions.key("scan.startup.timestamp-millis")
          .longType()
          .noDefaultValue()
          .withDescription(
              "Of streams, with the startup mode timestamp: the milliseconds since 1970 with which"
                  + " it begins.");

  public static final ConfigOption<BoundedMode> SCAN_BOUNDED_MODE =
      ConfigOptions.key("scan.bounded.mode")
          .enumType(BoundedMode.class)
          .noDefaultValue()
          .withDescription(
              "Of streams: with which entry reading ends; unset: in batch mode the latest, else"
                  + " none.");

  public static final ConfigOption<Duration> SCAN_POLL_INTERVAL =
      ConfigOptions.key("scan.poll-interval")
          .durationType()
          .defaultValue(Duration.ofMillis(100))
          .withDescription("Of streams: how long a reader waits when none has a new entry.");

  public static final ConfigOption<Duration> SCAN_DISCOVERY_INTERVAL =
      ConfigOptions.key("scan.discovery.interval")
          .durationType()
          .defaultValue(Duration.ofSeconds(10))
          .withDescription(
              "Of streams that are read without end: how often new keys are looked for; 0: never.");

  public static final ConfigOption<Long> SINK_MAX_LENGTH =
      ConfigOptions.key("sink.max-length")
          .longType()
          .noDefaultValue()
          .withDescription(
              "Of streams: about how many entries are kept, the oldest going first; unset: all.");

  public static final ConfigOption<Integer> SINK_MAX_IN_FLIGHT =
      ConfigOptions.key("sink.max-in-flight")
          .intType()
          .defaultValue(2000)
          .withDescription("How many rows a writer sends before it waits for answers.");

  public static final ConfigOption<Condition> SINK_CONDITION =
      ConfigOptions.key("sink.condition")
          .enumType(Condition.class)
          .defaultValue(Condition.ALWAYS)
          .withDescription(
              "Of strings and hashes: whether a key is written only if it is absent, or only if it"
                  + " is present.");

  public static final ConfigOption<Duration> SINK_TTL =
      ConfigOptions.key("sink.ttl")
          .durationType()
          .noDefaultValue()
          .withDescription("For how long a written key lives; unset: for good.");

  public static final ConfigOption<Integer> SINK_WAIT_REPLICAS =
      ConfigOptions.key("sink.wait-replicas")
          .intType()
          .defaultValue(0)
          .withDescription(
              "How many replicas must have what was written before a checkpoint completes.");

  public static final ConfigOption<Duration> LOOKUP_RETRY_DELAY =
      ConfigOptions.key("lookup.retry-delay")
          .durationType()
          .defaultValue(Duration.ofMillis(100))
          .withDescription(
              "How long a lookup that failed waits before it is tried again; doubled each time.");

  private RedisConnectorOptions() {}
}
