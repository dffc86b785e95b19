package io.unifiedcatalog.formats.avro;

import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;

/** The options of the format {@code avro-schema}, without the format's prefix. */
public final class AvroOptions {
  /** The record that rows are: columns are matched to its fields, and rows are written with it. */
  public static final ConfigOption<String> SCHEMA =
      ConfigOptions.key("schema")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The schema that rows are read into and written with, as the JSON of an .avsc file,"
                  + " or as base64 of that JSON compressed with gzip.");

  /** The path of a file with that schema, read where the statement is planned. */
  public static final ConfigOption<String> SCHEMA_FILE =
      ConfigOptions.key("schema-file")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Path of an .avsc file in place of schema. Read when a statement is planned; tasks do"
                  + " not need it.");

  /** The schemas that records were written with. */
  public static final ConfigOption<String> WRITER_SCHEMAS =
      ConfigOptions.key("writer-schemas")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The schemas that records were written with, where they are others than schema: a"
                  + " JSON object from the schema's id to the schema with framing = confluent, a"
                  + " JSON array with single-object, an array of one schema with none. Also as"
                  + " base64 of that JSON compressed with gzip.");

  /** What stands before the data in each record. */
  public static final ConfigOption<Framing> FRAMING =
      ConfigOptions.key("framing")
          .enumType(Framing.class)
          .defaultValue(Framing.NONE)
          .withDescription(
              "What stands before the data in each record: none, confluent or single-object.");

  /** The id that the schema has in the registry. */
  public static final ConfigOption<Integer> SCHEMA_ID =
      ConfigOptions.key("schema-id")
          .intType()
          .noDefaultValue()
          .withDescription(
              "The id of schema in the registry: written into each record with framing ="
                  + " confluent.");

  /** Whether a record that cannot be read is skipped. */
  public static final ConfigOption<Boolean> IGNORE_PARSE_ERRORS =
      ConfigOptions.key("ignore-parse-errors")
          .booleanType()
          .defaultValue(false)
          .withDescription(
              "Whether a record that cannot be read is skipped instead of failing the job.");

  private AvroOptions() {}

  /** What stands before the data in each record. */
  public enum Framing {
    /** Nothing: a record is the data. */
    NONE("none"),
    /** A zero byte and the schema's id in 4 bytes, the greatest first. */
    CONFLUENT("confluent"),
    /** Avro's single-object encoding: C3 01 and the fingerprint of the schema in 8 bytes. */
    SINGLE_OBJECT("single-object");

    private final String text;

    Framing(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }
}
