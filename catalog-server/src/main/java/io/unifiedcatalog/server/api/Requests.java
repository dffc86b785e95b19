package io.unifiedcatalog.server.api;

import com.google.protobuf.InvalidProtocolBufferException;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.TableName;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Pattern;

/** The parts of requests that every method reads alike. */
final class Requests {
  private static final Pattern STORE_ID =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

  private Requests() {}

  /** A request that is wrong in one field. */
  static CatalogException invalid(String field, String message) {
    return CatalogException.invalid(
        "The request is not valid", List.of(new Violation(field, message)));
  }

  static TableName tableName(io.unifiedcatalog.proto.v1.TableName name) {
    List<Violation> violations = new ArrayList<>();
    if (name.getDatabase().isEmpty()) {
      violations.add(new Violation("name.database", "is empty; name the database"));
    }
    if (name.getTable().isEmpty()) {
      violations.add(new Violation("name.table", "is empty; name the table"));
    }
    if (!violations.isEmpty()) {
      throw CatalogException.invalid("The request is not valid", violations);
    }
    return new TableName(name.getDatabase(), name.getTable());
  }

  static Engine engine(io.unifiedcatalog.proto.v1.Engine engine) {
    if (!engine.getName().equals("flink")) {
      throw invalid("engine.name", "'" + engine.getName() + "' is unknown. Known engines: flink");
    }
    if (!engine.getVersion().matches("[0-9]+\\.[0-9]+.*")) {
      throw invalid("engine.version", "'" + engine.getVersion() + "' is no release such as 2.3.0");
    }
    return new Engine(engine.getName(), engine.getVersion());
  }

  /** The id of a store, as {@code Table.store} names it. */
  static UUID storeId(String field, String id) {
    // UUID.fromString alone takes shorter texts, too.
    if (!STORE_ID.matcher(id).matches()) {
      throw invalid(
          field,
          "'"
              + id
              + "' is not the id of a store, which is a UUID. Use the one that GetTable answers, or"
              + " leave it empty");
    }
    return UUID.fromString(id);
  }

  /** How many items a page holds at most. */
  static int pageSize(int asked, int usual, int greatest) {
    if (asked < 0) {
      throw invalid("page_size", asked + " is negative");
    }
    return asked == 0 ? usual : Math.min(asked, greatest);
  }

  /** A page token is the last name of the page before; callers are not to read it. */
  static String token(String last) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(last.getBytes(StandardCharsets.UTF_8));
  }

  /** The last name of the page before; empty: there was none. */
  static String after(String token) {
    try {
      return new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw badToken(token);
    }
  }

  /** The last number of the page before; the greatest: there was none. */
  static long before(String token) {
    try {
      return token.isEmpty() ? Long.MAX_VALUE : Long.parseLong(after(token));
    } catch (NumberFormatException e) {
      throw badToken(token);
    }
  }

  /** A page token that holds a table's full name. */
  static String token(TableName last) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(Messages.tableName(last).toByteArray());
  }

  /** The full name in a page token that is not empty. */
  static TableName afterTable(String token) {
    try {
      return tableName(
          io.unifiedcatalog.proto.v1.TableName.parseFrom(Base64.getUrlDecoder().decode(token)));
    } catch (IllegalArgumentException | InvalidProtocolBufferException e) {
      throw badToken(token);
    }
  }

  private static CatalogException badToken(String token) {
    return invalid(
        "page_token", "'" + token + "' is not from an earlier answer. Begin again without one");
  }

  /** The token for the page after this one; empty if this one is not full. */
  static <T> String next(List<T> page, int size, Function<T, String> token) {
    return page.size() < size ? "" : token.apply(page.get(page.size() - 1));
  }
}
