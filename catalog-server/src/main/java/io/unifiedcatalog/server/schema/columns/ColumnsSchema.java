package io.unifiedcatalog.server.schema.columns;

import static io.unifiedcatalog.server.model.SqlText.identifier;
import static io.unifiedcatalog.server.model.SqlText.literal;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Compatibility;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Format;
import io.unifiedcatalog.server.model.Incompatibility;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.SchemaContent;
import io.unifiedcatalog.server.model.SqlText;
import io.unifiedcatalog.server.model.Type;
import io.unifiedcatalog.server.schema.CompiledSchema;
import io.unifiedcatalog.server.schema.JsonFormat;
import io.unifiedcatalog.server.schema.ResolvedReference;
import io.unifiedcatalog.server.schema.SchemaKind;
import io.unifiedcatalog.server.schema.SchemaText;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A list of columns as in {@code CREATE TABLE}. It says nothing of bytes; Flink's {@code json}
 * format reads them, which finds columns by name, and the rules of compatibility are those of
 * columns that are found by name.
 */
public final class ColumnsSchema implements SchemaKind {
  @Override
  public String kind() {
    return "columns";
  }

  @Override
  public Set<Compatibility> compatibilities() {
    return EnumSet.allOf(Compatibility.class);
  }

  @Override
  public CompiledSchema compile(SchemaContent content, List<ResolvedReference> references) {
    SchemaContent.File file = SchemaText.only(content, "A list of columns");
    if (!references.isEmpty()) {
      throw SchemaText.refused(
          List.of(new Violation("references", "a list of columns cannot refer to another schema")));
    }
    List<Column> columns;
    try {
      columns = SqlText.columns(file.text());
    } catch (CatalogException e) {
      throw SchemaText.refused(
          e.violations().stream()
              .map(fault -> new Violation(file.name() + ":" + fault.field(), fault.message()))
              .toList());
    }
    List<Violation> faults = new ArrayList<>();
    if (columns.size() > Registration.MAX_COLUMNS) {
      faults.add(
          new Violation(
              file.name(),
              "has "
                  + columns.size()
                  + " columns, and may have at most "
                  + Registration.MAX_COLUMNS));
      throw SchemaText.refused(faults);
    }
    for (Column column : columns) {
      String unread = JsonFormat.unread(typeOf(column));
      if (!unread.isEmpty()) {
        faults.add(
            new Violation(file.name(), "column " + identifier(column.name()) + ": " + unread));
      }
    }
    if (!faults.isEmpty()) {
      throw SchemaText.refused(faults);
    }
    return new CompiledSchema(print(columns).getBytes(StandardCharsets.UTF_8), List.of());
  }

  /** Columns as {@link #parse} reads them. */
  private static String print(List<Column> columns) {
    return columns.stream()
        .map(
            column ->
                identifier(column.name())
                    + " "
                    + typeOf(column).sql(column.nullable())
                    + (column.comment().isEmpty() ? "" : " COMMENT " + literal(column.comment())))
        .collect(Collectors.joining(",\n"));
  }

  private static List<Column> parse(CompiledSchema schema) {
    return SqlText.columns(new String(schema.bytes(), StandardCharsets.UTF_8));
  }

  private static Type typeOf(Column column) {
    return Type.parse(column.nativeType()).type();
  }

  @Override
  public List<Incompatibility> incompatibilities(
      CompiledSchema older, CompiledSchema newer, Direction direction, boolean usedInJson) {
    return switch (direction) {
      case BACKWARD -> unreadable(parse(newer), parse(older), false);
      case FORWARD -> unreadable(parse(older), parse(newer), true);
    };
  }

  /**
   * Why data of some columns cannot be read as others.
   *
   * @param readerIsOlder whether the reader's columns are those of the older version
   */
  private static List<Incompatibility> unreadable(
      List<Column> reader, List<Column> writer, boolean readerIsOlder) {
    Map<String, Column> written = new LinkedHashMap<>();
    writer.forEach(column -> written.put(column.name(), column));
    List<Incompatibility> found = new ArrayList<>();
    for (Column read : reader) {
      String name = identifier(read.name());
      Column other = written.get(read.name());
      if (other == null) {
        if (!read.nullable()) {
          found.add(
              new Incompatibility(
                  "COLUMN_MISSING",
                  readerIsOlder ? name : "",
                  readerIsOlder ? "" : name,
                  "Column "
                      + name
                      + " is NOT NULL in the "
                      + (readerIsOlder ? "older" : "newer")
                      + " version, and data of the other does not have it.",
                  readerIsOlder ? "Keep the column." : "Let the column be NULL."));
        }
        continue;
      }
      if (!read.nullable() && other.nullable()) {
        found.add(
            new Incompatibility(
                "COLUMN_NULLABILITY",
                name,
                name,
                "Column "
                    + name
                    + " is NOT NULL in the "
                    + (readerIsOlder ? "older" : "newer")
                    + " version, and data of the other may hold NULL.",
                "Keep the column's nullability."));
      }
      if (!reads(typeOf(read), typeOf(other))) {
        Column old = readerIsOlder ? read : other;
        Column current = readerIsOlder ? other : read;
        found.add(
            new Incompatibility(
                "COLUMN_TYPE",
                name + " " + old.nativeType(),
                name + " " + current.nativeType(),
                "Column "
                    + name
                    + " is "
                    + current.nativeType()
                    + " in the newer version and was "
                    + old.nativeType()
                    + ", and readers of "
                    + read.nativeType()
                    + " cannot read each value of "
                    + other.nativeType()
                    + ".",
                "Keep the type, or add a column of another name."));
      }
    }
    return found;
  }

  /** Whether each value of one type is, in JSON, one of another. */
  private static boolean reads(Type reader, Type writer) {
    if (reader.equals(writer)) {
      return true;
    }
    int readerDigits = integerDigits(reader);
    int writerDigits = integerDigits(writer);
    if (readerDigits > 0 && writerDigits > 0) {
      return readerDigits >= writerDigits;
    }
    if (reader == Type.Simple.DOUBLE) {
      // Of a BIGINT, a DOUBLE does not hold each digit.
      return writer == Type.Simple.FLOAT
          || (writerDigits > 0 && writerDigits <= integerDigits(Type.Simple.INT));
    }
    if (reader instanceof Type.Decimal to) {
      int whole = to.precision() - to.scale();
      return writerDigits > 0
          ? whole >= writerDigits
          : writer instanceof Type.Decimal from
              && to.scale() >= from.scale()
              && whole >= from.precision() - from.scale();
    }
    return reader instanceof Type.VarChar to
        && ((writer instanceof Type.VarChar from && to.length() >= from.length())
            || (writer instanceof Type.Char fixed && to.length() >= fixed.length()));
  }

  /** The digits of a type of whole numbers; 0 if it is none. */
  private static int integerDigits(Type type) {
    if (!(type instanceof Type.Simple simple)) {
      return 0;
    }
    return switch (simple) {
      case TINYINT -> 3;
      case SMALLINT -> 5;
      case INT -> 10;
      case BIGINT -> 19;
      case BOOLEAN, FLOAT, DOUBLE, DATE -> 0;
    };
  }

  @Override
  public String message(CompiledSchema schema, String message) {
    if (!message.isEmpty()) {
      throw new CatalogException(
          ErrorCode.INVALID_ARGUMENT,
          "NO_SUCH_MESSAGE",
          "Message '"
              + SqlText.shortened(message)
              + "' is not in the schema: a list of columns has no messages. Name none.");
    }
    return "";
  }

  @Override
  public List<Column> columns(
      CompiledSchema schema, String message, Map<String, String> formatOptions) {
    JsonFormat.checkOptions(formatOptions);
    return parse(schema);
  }

  @Override
  public Format format(
      CompiledSchema schema,
      String message,
      int schemaId,
      Map<String, String> formatOptions,
      Engine engine) {
    return JsonFormat.of(formatOptions, engine);
  }

  @Override
  public String fileName(String subject) {
    return subject + ".sql";
  }

  @Override
  public String formatIdentifier() {
    return JsonFormat.IDENTIFIER;
  }
}
