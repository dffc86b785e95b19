package io.unifiedcatalog.cli;

import io.unifiedcatalog.proto.v1.TableName;
import org.jspecify.annotations.Nullable;

/** A table's name on the command line. */
final class TableArgument {
  static final String DESCRIPTION =
      "DATABASE.TABLE, split at the first dot; with --database, the table's name alone.";
  static final String DATABASE_DESCRIPTION =
      "The table's database, for one with a dot in its name.";

  private TableArgument() {}

  /** The name that an argument, and --database if it is there, stand for. */
  static TableName parse(String text, @Nullable String database) {
    if (database != null) {
      return TableName.newBuilder().setDatabase(database).setTable(text).build();
    }
    int dot = text.indexOf('.');
    if (dot < 1 || dot == text.length() - 1) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "Table '%s' is not DATABASE.TABLE. Write for example mysql_shop.orders, or --database mysql_shop orders."
              .formatted(text));
    }
    return TableName.newBuilder()
        .setDatabase(text.substring(0, dot))
        .setTable(text.substring(dot + 1))
        .build();
  }

  /** A table's name as this command line takes it. */
  static String text(TableName name) {
    return Text.line(name.getDatabase() + "." + name.getTable());
  }
}
