package io.unifiedcatalog.flink;

import io.unifiedcatalog.proto.v1.ComputedColumn;
import io.unifiedcatalog.proto.v1.MetadataColumn;
import io.unifiedcatalog.proto.v1.Overlay;
import io.unifiedcatalog.proto.v1.PhysicalColumn;
import io.unifiedcatalog.proto.v1.RegisterTableRequest;
import io.unifiedcatalog.proto.v1.Registration;
import io.unifiedcatalog.proto.v1.SchemaUse;
import io.unifiedcatalog.proto.v1.TableName;
import io.unifiedcatalog.proto.v1.Watermark;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ObjectPath;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.catalog.UniqueConstraint;
import org.apache.flink.table.catalog.WatermarkSpec;
import org.apache.flink.table.expressions.ResolvedExpression;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.types.logical.LogicalType;

/**
 * What a CREATE TABLE statement declares, as a registration: the physical columns are the table's
 * own, and what SQL adds to them (computed and metadata columns, watermark, key) is its overlay.
 *
 * <p>The options are the connector's, but for those that name a schema: {@code schema}, a subject
 * or {@code subject:version}, and {@code message}, and the same for the key with {@code key-}
 * before them. A table with a connector of its own has the connector's options only.
 */
final class TableDeclaration {
  private static final String KEY_PREFIX = "key-";
  private static final String SCHEMA = "schema";
  private static final String MESSAGE = "message";

  private static final Pattern USER_INFO =
      Pattern.compile("[A-Za-z][A-Za-z0-9+.:-]*://[^/?#\\s]*@");

  private TableDeclaration() {}

  /** The registration of a table that is not to be there yet. */
  static RegisterTableRequest of(ObjectPath path, ResolvedCatalogTable table) {
    if (table.isPartitioned() || table.getDistribution().isPresent()) {
      throw new ValidationException(
          String.format(
              "Table %s cannot be registered with PARTITIONED BY or DISTRIBUTED BY: no table of this"
                  + " catalog has partitions or buckets. Leave it out.",
              path.getFullName()));
    }
    Map<String, String> options = new TreeMap<>(table.getOptions());
    if (TableReference.CONNECTOR.equals(options.get(FactoryUtil.CONNECTOR.key()))) {
      throw new ValidationException(
          String.format(
              "Table %s cannot be registered with 'connector' = '%s', which is how the catalog's"
                  + " tables refer to it. To follow a table of the catalog, use CREATE TEMPORARY"
                  + " TABLE ... LIKE; to copy its columns, LIKE ... (EXCLUDING OPTIONS) with options"
                  + " of its own.",
              path.getFullName(), TableReference.CONNECTOR));
    }
    RegisterTableRequest.Builder request =
        RegisterTableRequest.newBuilder()
            .setName(
                TableName.newBuilder()
                    .setDatabase(path.getDatabaseName())
                    .setTable(path.getObjectName()))
            .setEngine(FlinkEngine.CURRENT)
            .setComment(table.getComment() == null ? "" : table.getComment());
    Registration.Builder registration = Registration.newBuilder();
    if (!options.containsKey(FactoryUtil.CONNECTOR.key())) {
      takeSchema("value", "", options, path).ifPresent(registration::addSchemas);
      takeSchema("key", KEY_PREFIX, options, path).ifPresent(registration::addSchemas);
    }
    requireNoSecret(options, path);
    request.setRegistration(registration.putAllOptions(options));

    Overlay.Builder overlay = Overlay.newBuilder();
    boolean hasAdded = false;
    for (Column column : table.getResolvedSchema().getColumns()) {
      hasAdded |= !(column instanceof Column.PhysicalColumn);
      if (column instanceof Column.PhysicalColumn) {
        request.addColumns(physical(column));
      } else if (column instanceof Column.ComputedColumn computed) {
        overlay.addComputedColumns(computed(computed));
      } else if (column instanceof Column.MetadataColumn metadata) {
        overlay.addMetadataColumns(metadata(metadata));
      }
    }
    if (hasAdded) {
      overlay.addAllColumnOrder(table.getResolvedSchema().getColumnNames());
    }
    List<WatermarkSpec> watermarks = table.getResolvedSchema().getWatermarkSpecs();
    if (!watermarks.isEmpty()) {
      overlay.setWatermark(watermark(watermarks.get(0)));
    }
    table
        .getResolvedSchema()
        .getPrimaryKey()
        .map(UniqueConstraint::getColumns)
        .ifPresent(overlay::addAllPrimaryKey);
    return request.setOverlay(overlay).build();
  }

  /** A physical column with its type as Flink writes it. */
  static PhysicalColumn physical(Column column) {
    LogicalType type = column.getDataType().getLogicalType();
    return PhysicalColumn.newBuilder()
        .setName(column.getName())
        .setNativeType(type.copy(true).asSerializableString())
        .setNullable(type.isNullable())
        .setComment(column.getComment().orElse(""))
        .build();
  }

  static ComputedColumn computed(Column.ComputedColumn column) {
    return ComputedColumn.newBuilder()
        .setName(column.getName())
        .setExpression(sql(column.getExpression(), "column " + column.getName()))
        .setComment(column.getComment().orElse(""))
        .build();
  }

  static MetadataColumn metadata(Column.MetadataColumn column) {
    return MetadataColumn.newBuilder()
        .setName(column.getName())
        .setType(column.getDataType().getLogicalType().asSerializableString())
        .setKey(column.getMetadataKey().orElse(""))
        .setVirtual(column.isVirtual())
        .setComment(column.getComment().orElse(""))
        .build();
  }

  static Watermark watermark(WatermarkSpec watermark) {
    return Watermark.newBuilder()
        .setColumn(watermark.getRowtimeAttribute())
        .setExpression(
            sql(
                watermark.getWatermarkExpression(),
                "the watermark of column " + watermark.getRowtimeAttribute()))
        .build();
  }

  /**
   * Refuses options that no table may have, as a table is shown to everybody.
   *
   * @throws ValidationException for what Flink takes for a secret, and for a url with user info
   */
  static void requireNoSecret(Map<String, String> options, ObjectPath path) {
    List<String> secrets = new ArrayList<>();
    options.forEach(
        (key, value) -> {
          if (GlobalConfiguration.isSensitive(key) || USER_INFO.matcher(value).find()) {
            secrets.add("'" + key + "'");
          }
        });
    if (!secrets.isEmpty()) {
      secrets.sort(null);
      throw new ValidationException(
          String.format(
              "Option %s of table %s holds a secret, and a table is shown to everybody. Only sources"
                  + " keep secrets: give it to the source (`bin/catalog source add` or `source"
                  + " update`), and leave %s out here.",
              String.join(", ", secrets),
              path.getFullName(),
              options.containsKey(FactoryUtil.CONNECTOR.key()) ? "it and 'connector'" : "it"));
    }
  }

  private static Optional<SchemaUse> takeSchema(
      String role, String prefix, Map<String, String> options, ObjectPath path) {
    String option = prefix + SCHEMA;
    String subject = options.remove(option);
    String message = options.remove(prefix + MESSAGE);
    if (subject == null) {
      if (message != null) {
        throw new ValidationException(
            String.format(
                "Option '%s' of table %s says nothing without '%s', the subject of its schema.",
                prefix + MESSAGE, path.getFullName(), option));
      }
      return Optional.empty();
    }
    SchemaUse.Builder use = SchemaUse.newBuilder().setRole(role);
    int colon = subject.indexOf(':');
    if (colon < 0) {
      use.setSubject(subject);
    } else {
      use.setSubject(subject.substring(0, colon));
      use.setVersion(version(subject, colon, option, path));
    }
    if (message != null) {
      use.setMessage(message);
    }
    return Optional.of(use.build());
  }

  private static long version(String subject, int colon, String option, ObjectPath path) {
    try {
      long version = Long.parseLong(subject.substring(colon + 1));
      if (version > 0 && colon > 0) {
        return version;
      }
    } catch (NumberFormatException e) {
      // The failure below says it.
    }
    throw new ValidationException(
        String.format(
            "Option '%s' of table %s is '%s', which is not a subject or subject:version. Write for"
                + " example 'clicks-value', which follows the newest version, or 'clicks-value:3'.",
            option, path.getFullName(), subject));
  }

  private static String sql(ResolvedExpression expression, String what) {
    try {
      return expression.asSerializableString();
    } catch (RuntimeException e) {
      // Of the Table API, where not every expression has a text.
      throw new ValidationException(
          String.format(
              "The expression of %s cannot be written as SQL (%s). Declare it with SQL.",
              what, e.getMessage()));
    }
  }
}
