package io.unifiedcatalog.connectors.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;

import com.clickhouse.jdbc.Driver;
import io.unifiedcatalog.testing.ClickHouseServer;
import io.unifiedcatalog.testing.SharedServers;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.Arrays;
import java.util.Properties;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(SharedServers.class)
class DriverRowTest {
  private static final String[] VALUES = {
    "toUInt64(18446744073709551615)",
    "toInt32(-5)",
    "toNullable(toUInt8(7))",
    "CAST(NULL AS Nullable(String))",
    "'it''s ä'",
    "CAST('a' AS Enum8('a' = 1))",
    "toDecimal64(1.25, 2)",
    "toDateTime64('2026-01-02 03:04:05.678', 3, 'UTC')",
    "toDate('2026-01-02')",
    "[[1, 2], []]::Array(Array(UInt8))",
    "map('k', [toDateTime('2026-01-02 03:04:05', 'UTC')])",
    "(1, 'x')"
  };

  private static final String TYPE =
      "ROW<a DECIMAL(20, 0), b INT, c SMALLINT, d STRING, e STRING, f STRING, g DECIMAL(18, 2),"
          + " h TIMESTAMP_LTZ(3), i DATE, j ARRAY<ARRAY<SMALLINT>>,"
          + " k MAP<STRING, ARRAY<TIMESTAMP_LTZ(0)>>, l ROW<x SMALLINT, y STRING>>";

  /** Who exchanges the driver's release is to see that this still holds. */
  @Test
  void theDriverLetsItsValuesBeTakenAsItHoldsThem() {
    assertThat(DriverRow.READER).isNotNull();
  }

  @Test
  void aResultSetThatIsNotTheDriversOwnIsReadTheSame(ClickHouseServer server) throws Exception {
    RowType type =
        (RowType) LogicalTypeParser.parse(TYPE, Thread.currentThread().getContextClassLoader());
    Properties login = new Properties();
    login.setProperty("user", server.user());
    login.setProperty("password", server.password());
    try (Connection connection = new Driver().connect(server.url("default"), login)) {
      RowData own = read(connection, type, false);
      RowData wrapped = read(connection, type, true);
      assertThat(wrapped).isEqualTo(own);
      assertThat(own.isNullAt(3)).isTrue();
      assertThat(own.getInt(1)).isEqualTo(-5);
    }
  }

  private static RowData read(Connection connection, RowType type, boolean wrapped)
      throws Exception {
    try (PreparedStatement statement =
            connection.prepareStatement("SELECT " + String.join(", ", Arrays.asList(VALUES)));
        ResultSet rows = statement.executeQuery()) {
      assertThat(rows.next()).isTrue();
      return new ClickHouseConverter(type).toInternal(wrapped ? wrap(rows) : rows);
    }
  }

  private static ResultSet wrap(ResultSet rows) {
    return (ResultSet)
        Proxy.newProxyInstance(
            DriverRowTest.class.getClassLoader(),
            new Class<?>[] {ResultSet.class},
            (proxy, method, arguments) -> {
              try {
                return method.invoke(rows, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
