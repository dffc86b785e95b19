package io.unifiedcatalog.server.store;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import java.sql.SQLException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientConnectionException;
import org.jspecify.annotations.Nullable;

/** What the store's SQL errors mean to a caller. */
final class StoreFailure {
  private static final String UNIQUE_VIOLATION = "23505";

  private StoreFailure() {}

  /** The failure as the caller gets it. SQL and its arguments stay out of the message. */
  static CatalogException of(Throwable failure) {
    SQLException sql = sqlException(failure);
    if (sql == null) {
      return new CatalogException(
          ErrorCode.INTERNAL,
          "STORE_FAILED",
          "The catalog's store failed: " + failure.getClass().getSimpleName() + ". See its log.",
          failure);
    }
    String state = sql.getSQLState() == null ? "" : sql.getSQLState();
    if (isUnavailable(sql, state)) {
      return new CatalogException(
          ErrorCode.UNAVAILABLE,
          "STORE_UNAVAILABLE",
          "The catalog's store cannot be reached now; it is tried again with each call. If this was"
              + " a change, read again whether it was stored.",
          failure);
    }
    // A value that PostgreSQL's text cannot hold: the NUL character.
    if (state.equals("22021") || state.equals("22P05")) {
      return new CatalogException(
          ErrorCode.INVALID_ARGUMENT,
          "NUL_CHARACTER",
          "A text holds the NUL character, which nothing in the catalog may. Leave it out.",
          failure);
    }
    // Serialization failure, deadlock.
    if (state.equals("40001") || state.equals("40P01")) {
      return new CatalogException(
          ErrorCode.ABORTED,
          "CONFLICT",
          "Another change came between and nothing was stored. Repeat the call.",
          failure);
    }
    return new CatalogException(
        ErrorCode.INTERNAL,
        "STORE_FAILED",
        "The catalog's store refused a statement (SQL state " + state + "). See the server's log.",
        failure);
  }

  /** Whether a unique constraint or index of that name was violated. */
  static boolean violates(Throwable failure, String constraint) {
    SQLException sql = sqlException(failure);
    return sql != null
        && UNIQUE_VIOLATION.equals(sql.getSQLState())
        && sql.getMessage() != null
        && sql.getMessage().contains(constraint);
  }

  private static boolean isUnavailable(SQLException sql, String state) {
    return sql instanceof SQLTransientConnectionException
        || sql instanceof SQLRecoverableException
        // Connection trouble, too few resources, shutdown or a killed backend.
        || state.startsWith("08")
        || state.startsWith("53")
        || state.startsWith("57P")
        // Read only: it is a standby, or one is taking over.
        || state.equals("25006")
        // A closed pool.
        || state.isEmpty();
  }

  private static @Nullable SQLException sqlException(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql) {
        return sql;
      }
    }
    return null;
  }
}
