package io.unifiedcatalog.connectors.jdbc;

import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.SQLException;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Where a database is, and as whom to connect.
 *
 * @param fetchSize how many rows are asked for at once, in the driver's terms
 */
record JdbcAddress(
    Dialect dialect,
    String url,
    @Nullable String user,
    @Nullable String password,
    @Nullable String passwordFile,
    int fetchSize,
    SessionZone zone)
    implements Serializable {
  private static final long serialVersionUID = 1;

  /**
   * Connects.
   *
   * @throws SQLException with the words of the driver
   */
  Connection connect() throws SQLException {
    Properties properties = new Properties();
    if (user != null) {
      properties.setProperty("user", user);
    }
    String secret = password;
    if (passwordFile != null) {
      try {
        secret = Files.readString(Path.of(passwordFile), StandardCharsets.UTF_8).stripTrailing();
      } catch (IOException e) {
        throw new SQLException("The file of option 'password-file' cannot be read: " + e, e);
      }
    }
    if (secret != null) {
      properties.setProperty("password", secret);
    }
    Connection connection = driver().connect(dialect.url(url, fetchSize), properties);
    if (connection == null) {
      throw new SQLException("The driver " + dialect.driverClass() + " does not take the url.");
    }
    try {
      dialect.begin(connection, zone);
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
    return connection;
  }

  /** Of the class loader of the job: the driver's own list would keep one of an earlier job. */
  private Driver driver() throws SQLException {
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    try {
      return Class.forName(
              dialect.driverClass(),
              true,
              loader == null ? JdbcAddress.class.getClassLoader() : loader)
          .asSubclass(Driver.class)
          .getDeclaredConstructor()
          .newInstance();
    } catch (ReflectiveOperationException e) {
      throw new SQLException(
          "The JDBC driver of "
              + dialect.systemName()
              + " is not there: class "
              + dialect.driverClass()
              + ". Add its jar to Flink's class path.",
          e);
    }
  }

  /** Whether a failure may pass: that of a connection, or of a server that is busy or stops. */
  static boolean isPassing(SQLException failure) {
    String state = String.valueOf(failure.getSQLState());
    return failure instanceof java.sql.SQLTransientException
        || failure instanceof java.sql.SQLRecoverableException
        || failure instanceof java.sql.SQLNonTransientConnectionException
        || state.startsWith("08")
        || state.startsWith("40")
        || state.startsWith("57P");
  }

  /** Without the password. */
  @Override
  public String toString() {
    return dialect.systemName();
  }
}
