package io.unifiedcatalog.connectors.clickhouse;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Names and literals in ClickHouse's SQL. */
final class Sql {
  private Sql() {}

  /** A name in its quotes. */
  static String identifier(String name) {
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`";
  }

  /**
   * A text in its quotes. Other characters than letters, digits and a few signs are written as
   * bytes, so that no parser on the way, which looks for {@code ?} or a comment, mistakes them.
   */
  static String text(String text) {
    return text(text.getBytes(StandardCharsets.UTF_8));
  }

  /** A text in its quotes, whatever its bytes are. */
  static String text(byte[] bytes) {
    StringBuilder sql = new StringBuilder(bytes.length + 2).append('\'');
    for (byte b : bytes) {
      if ((b >= 'a' && b <= 'z')
          || (b >= 'A' && b <= 'Z')
          || (b >= '0' && b <= '9')
          || b == ' '
          || b == '.'
          || b == '_') {
        sql.append((char) b);
      } else {
        sql.append("\\x").append(HexFormat.of().toHexDigits(b));
      }
    }
    return sql.append('\'').toString();
  }
}
