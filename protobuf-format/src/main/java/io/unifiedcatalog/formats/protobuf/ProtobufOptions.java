package io.unifiedcatalog.formats.protobuf;

import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;

/** The options of the format {@code protobuf-descriptor}, without the format's prefix. */
public final class ProtobufOptions {
  /** The fully qualified name of the message that a record is. */
  public static final ConfigOption<String> MESSAGE_NAME =
      ConfigOptions.key("message-name")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Fully qualified name of the message that a record holds, such as shop.Click.");

  /** A FileDescriptorSet in base64, plain or compressed with gzip. */
  public static final ConfigOption<String> DESCRIPTOR_SET =
      ConfigOptions.key("descriptor-set")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Base64 of a FileDescriptorSet, plain or compressed with gzip, with all imports.");

  /** The path of a file with a FileDescriptorSet, read where the statement is planned. */
  public static final ConfigOption<String> DESCRIPTOR_FILE =
      ConfigOptions.key("descriptor-file")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Path of a file that holds a FileDescriptorSet, plain or compressed with gzip, with"
                  + " all imports. Read when a statement is planned; tasks do not need it.");

  /** What stands before the message in each record. */
  public static final ConfigOption<Framing> FRAMING =
      ConfigOptions.key("framing")
          .enumType(Framing.class)
          .defaultValue(Framing.NONE)
          .withDescription("What stands before the message in each record: none or confluent.");

  /** The schema id that is written with Confluent's framing. */
  public static final ConfigOption<Integer> SCHEMA_ID =
      ConfigOptions.key("schema-id")
          .intType()
          .noDefaultValue()
          .withDescription("Schema id that is written into each record with framing = confluent.");

  /** What the canonical column of an enum is. */
  public static final ConfigOption<EnumsAs> ENUMS_AS =
      ConfigOptions.key("enums-as")
          .enumType(EnumsAs.class)
          .defaultValue(EnumsAs.STRING)
          .withDescription("Whether an enum's column is a STRING, its name, or an INT.");

  /** What is read of an absent field that has no presence. */
  public static final ConfigOption<AbsentAs> ABSENT_AS =
      ConfigOptions.key("absent-as")
          .enumType(AbsentAs.class)
          .defaultValue(AbsentAs.DEFAULT)
          .withDescription(
              "What an absent field without presence is read as: default, the zero value of its"
                  + " type, or null.");

  /** How often a message is a ROW inside itself. */
  public static final ConfigOption<Integer> RECURSION_DEPTH =
      ConfigOptions.key("recursion-depth")
          .intType()
          .defaultValue(3)
          .withDescription(
              "How many ROWs of the same message stand one in another before the next is BYTES.");

  /** Whether a record that cannot be read is skipped. */
  public static final ConfigOption<Boolean> IGNORE_PARSE_ERRORS =
      ConfigOptions.key("ignore-parse-errors")
          .booleanType()
          .defaultValue(false)
          .withDescription(
              "Whether a record that cannot be read is skipped instead of failing the job.");

  private ProtobufOptions() {}

  /** What stands before the message in each record. */
  public enum Framing {
    /** Nothing: a record is a message. */
    NONE,
    /** A zero byte, the schema's id in 4 bytes, and the message's indexes in its file. */
    CONFLUENT;

    @Override
    public String toString() {
      return this == NONE ? "none" : "confluent";
    }
  }

  /** What the canonical column of an enum is. */
  public enum EnumsAs {
    /** Its name. */
    STRING,
    /** Its number. */
    INT;

    @Override
    public String toString() {
      return this == STRING ? "string" : "int";
    }
  }

  /** What is read of an absent field that has no presence. */
  public enum AbsentAs {
    /** The zero value of its type. */
    DEFAULT,
    /** NULL. */
    NULL;

    @Override
    public String toString() {
      return this == DEFAULT ? "default" : "null";
    }
  }
}
