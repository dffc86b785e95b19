package io.unifiedcatalog.connectors.clickhouse;

import java.io.IOException;
import java.util.List;
import org.apache.flink.api.common.io.DefaultInputSplitAssigner;
import org.apache.flink.api.common.io.RichInputFormat;
import org.apache.flink.api.common.io.statistics.BaseStatistics;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.java.typeutils.ResultTypeQueryable;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.io.GenericInputSplit;
import org.apache.flink.core.io.InputSplit;
import org.apache.flink.core.io.InputSplitAssigner;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/** Reads the rows of queries, each query a split. */
final class ClickHouseScan extends RichInputFormat<RowData, InputSplit>
    implements ResultTypeQueryable<RowData> {
  private static final long serialVersionUID = 1;

  private final ClickHouseAddress address;
  private final String[] queries;
  private final RowType rowType;
  private final TypeInformation<RowData> produced;
  private transient @Nullable ClickHouseConnection connection;
  private transient @Nullable Rows rows;

  /**
   * A scan.
   *
   * @param rowType of the columns that the queries ask for
   */
  ClickHouseScan(
      ClickHouseAddress address,
      List<String> queries,
      RowType rowType,
      TypeInformation<RowData> produced) {
    this.address = address;
    this.queries = queries.toArray(new String[0]);
    this.rowType = rowType;
    this.produced = produced;
  }

  @Override
  public void configure(Configuration parameters) {}

  @Override
  public BaseStatistics getStatistics(BaseStatistics cached) {
    return cached;
  }

  @Override
  public InputSplit[] createInputSplits(int minimum) {
    InputSplit[] splits = new InputSplit[queries.length];
    for (int i = 0; i < splits.length; i++) {
      splits[i] = new GenericInputSplit(i, splits.length);
    }
    return splits;
  }

  @Override
  public InputSplitAssigner getInputSplitAssigner(InputSplit[] splits) {
    return new DefaultInputSplitAssigner(splits);
  }

  @Override
  public void openInputFormat() throws IOException {
    connection = address.connect();
  }

  @Override
  public void open(InputSplit split) throws IOException {
    rows = rows(split.getSplitNumber());
  }

  private Rows rows(int split) throws IOException {
    if (connection == null) {
      throw new IllegalStateException("A scan is opened before a split of it");
    }
    try {
      return new Rows(connection.query(queries[split]), rowType);
    } catch (IOException e) {
      throw new IOException(
          "ClickHouse's table " + address.table() + " cannot be read: " + e.getMessage(), e);
    }
  }

  @Override
  public boolean reachedEnd() throws IOException {
    return rows == null || !rows.hasNext();
  }

  @Override
  public @Nullable RowData nextRecord(RowData reuse) throws IOException {
    return rows == null ? null : rows.next();
  }

  @Override
  public void close() throws IOException {
    if (rows != null) {
      rows.close();
      rows = null;
    }
  }

  @Override
  public void closeInputFormat() throws IOException {
    if (connection != null) {
      connection.close();
      connection = null;
    }
  }

  @Override
  public TypeInformation<RowData> getProducedType() {
    return produced;
  }
}
