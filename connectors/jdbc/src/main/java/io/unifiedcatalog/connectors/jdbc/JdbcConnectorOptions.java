package io.unifiedcatalog.connectors.jdbc;

import io.unifiedcatalog.connectors.jdbc.JdbcTableSink.OtherKeys;
import java.time.Duration;
import java.util.Locale;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;

/** The options of a table. */
public final class JdbcConnectorOptions {
  /** Which database it is. */
  public enum Product {
    MYSQL,
    DORIS,
    STARROCKS,
    POSTGRES;

    /** As it is written in a table's options. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Whether the database is handed filters. */
  public enum FilterHandling {
    ALWAYS,
    NEVER
  }

  public static final ConfigOption<String> URL =
      ConfigOptions.key("url")
          .stringType()
          .noDefaultValue()
          .withDescription("The JDBC url of the database.");

  public static final ConfigOption<Product> DIALECT =
      ConfigOptions.key("dialect")
          .enumType(Product.class)
          .noDefaultValue()
          .withDescription(
              "mysql, doris, starrocks or postgres; unset: the url says whether it is MySQL or"
                  + " PostgreSQL.");

  public static final ConfigOption<String> TABLE_NAME =
      ConfigOptions.key("table-name")
          .stringType()
          .noDefaultValue()
          .withDescription("The name of the table, as it is: without quotes or a schema.");

  public static final ConfigOption<String> SCHEMA_NAME =
      ConfigOptions.key("schema-name")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The schema of PostgreSQL, or the database of the others, that has the table; unset:"
                  + " the one that the url leads to.");

  public static final ConfigOption<String> USERNAME =
      ConfigOptions.key("username").stringType().noDefaultValue().withDescription("The user.");

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

  public static final ConfigOption<String> TIME_ZONE =
      ConfigOptions.key("time-zone")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The zone of the session, in which a TIMESTAMP shows an instant; unset: the server's"
                  + " own.");

  public static final ConfigOption<String> COLUMN_TYPES =
      ConfigOptions.key("column-types")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The types of the columns as the database prints them: `NAME` TYPE [COLLATE NAME]"
                  + " [GENERATED], separated by commas.");

  public static final ConfigOption<FilterHandling> FILTER_HANDLING =
      ConfigOptions.key("filter.handling.policy")
          .enumType(FilterHandling.class)
          .defaultValue(FilterHandling.ALWAYS)
          .withDescription(
              "Whether the database filters first; Flink evaluates each filter in any case.");

  public static final ConfigOption<Integer> SCAN_FETCH_SIZE =
      ConfigOptions.key("scan.fetch-size")
          .intType()
          .noDefaultValue()
          .withDescription(
              "How many rows are fetched at once; unset: 1000, and of Doris and StarRocks as they"
                  + " come.");

  public static final ConfigOption<String> SCAN_PARTITION_COLUMN =
      ConfigOptions.key("scan.partition.column")
          .stringType()
          .noDefaultValue()
          .withDescription("A column of whole numbers by which a scan is split.");

  public static final ConfigOption<Integer> SCAN_PARTITION_NUM =
      ConfigOptions.key("scan.partition.num")
          .intType()
          .noDefaultValue()
          .withDescription("How many parts a scan has.");

  public static final ConfigOption<Long> SCAN_PARTITION_LOWER_BOUND =
      ConfigOptions.key("scan.partition.lower-bound")
          .longType()
          .noDefaultValue()
          .withDescription("About the least value; rows with less are in the first part.");

  public static final ConfigOption<Long> SCAN_PARTITION_UPPER_BOUND =
      ConfigOptions.key("scan.partition.upper-bound")
          .longType()
          .noDefaultValue()
          .withDescription("About the greatest value; rows with more are in the last part.");

  public static final ConfigOption<Integer> LOOKUP_MAX_RETRIES =
      ConfigOptions.key("lookup.max-retries")
          .intType()
          .defaultValue(3)
          .withDescription("How often a lookup is tried again when the connection failed.");

  public static final ConfigOption<Integer> SINK_MAX_ROWS =
      ConfigOptions.key("sink.buffer-flush.max-rows")
          .intType()
          .defaultValue(1000)
          .withDescription("How many rows are written at once at most.");

  public static final ConfigOption<Duration> SINK_INTERVAL =
      ConfigOptions.key("sink.buffer-flush.interval")
          .durationType()
          .defaultValue(Duration.ofSeconds(1))
          .withDescription("How long a row waits for others at most; 0: until a checkpoint.");

  public static final ConfigOption<Integer> SINK_MAX_RETRIES =
      ConfigOptions.key("sink.max-retries")
          .intType()
          .defaultValue(3)
          .withDescription("How often a batch is tried again when the connection failed.");

  public static final ConfigOption<String> OTHER_UNIQUE_KEYS =
      ConfigOptions.key("other-unique-keys")
          .stringType()
          .noDefaultValue()
          .withDescription("The unique keys of the table beside the primary one, for messages.");

  public static final ConfigOption<OtherKeys> WRITE_OTHER_UNIQUE_KEYS =
      ConfigOptions.key("write.other-unique-keys")
          .enumType(OtherKeys.class)
          .defaultValue(OtherKeys.REFUSE)
          .withDescription(
              "What is done when an upsert may replace a row by another unique key: refuse, warn or"
                  + " allow.");

  public static final ConfigOption<OtherKeys> WRITE_FOLDED_KEYS =
      ConfigOptions.key("write.folded-keys")
          .enumType(OtherKeys.class)
          .defaultValue(OtherKeys.WARN)
          .withDescription(
              "What is done when the collation of the primary key takes different texts for equal:"
                  + " refuse, warn or allow.");

  private JdbcConnectorOptions() {}
}
