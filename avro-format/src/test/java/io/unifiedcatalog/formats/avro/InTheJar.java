package io.unifiedcatalog.formats.avro;

import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;

/** Runs beside the packed jar, with no library of this build but Flink. */
public final class InTheJar {
  private InTheJar() {}

  /** Writes a record and reads it by another schema. Called in the other class loader. */
  public static String copy() throws Exception {
    DataType row =
        DataTypes.ROW(
            DataTypes.FIELD("s", DataTypes.STRING()),
            DataTypes.FIELD("e", DataTypes.STRING()),
            DataTypes.FIELD("t", DataTypes.TIMESTAMP(6)));
    String written =
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"e\",\"type\":{\"type\":\"enum\","
            + "\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}},{\"name\":\"t\",\"type\":{\"type\":\"long\","
            + "\"logicalType\":\"local-timestamp-micros\"}}]}";
    String read =
        written.replace(
            "\"fields\":[",
            "\"fields\":[{\"name\":\"s\",\"type\":\"string\",\"default\":\"none\"},");
    ResolvedSchema schema =
        new ResolvedSchema(List.of(Column.physical("any", DataTypes.INT())), List.of(), null);
    CatalogTable table =
        CatalogTable.newBuilder()
            .schema(Schema.newBuilder().fromResolvedSchema(schema).build())
            .options(Map.of("connector", "kafka"))
            .build();
    FactoryUtil.DefaultDynamicTableContext context =
        new FactoryUtil.DefaultDynamicTableContext(
            ObjectIdentifier.of("c", "d", "t"),
            new ResolvedCatalogTable(table, schema),
            Map.of(),
            new Configuration(),
            InTheJar.class.getClassLoader(),
            false);
    AvroFormatFactory factory = new AvroFormatFactory();
    SerializationSchema<RowData> encoder =
        factory
            .createEncodingFormat(
                context,
                Configuration.fromMap(
                    Map.of("schema", written, "framing", "confluent", "schema-id", "7")))
            .createRuntimeEncoder(null, DataTypes.ROW(DataType.getFields(row).subList(1, 3)));
    DeserializationSchema<RowData> decoder =
        factory
            .createDecodingFormat(
                context,
                Configuration.fromMap(
                    Map.of(
                        "schema",
                        read,
                        "framing",
                        "confluent",
                        "writer-schemas",
                        "{\"7\": " + written + "}")))
            .createRuntimeDecoder(new Types(), row);
    RowData copy =
        decoder.deserialize(
            encoder.serialize(
                GenericRowData.of(
                    StringData.fromString("B"),
                    TimestampData.fromLocalDateTime(LocalDateTime.of(2026, 1, 1, 0, 0)))));
    return String.format(
        "%s, %s, %s", copy.getString(0), copy.getString(1), copy.getTimestamp(2, 6));
  }

  private static final class Types implements DynamicTableSource.Context {
    @Override
    @SuppressWarnings("unchecked")
    public <T> TypeInformation<T> createTypeInformation(DataType type) {
      return (TypeInformation<T>) TypeInformation.of(RowData.class);
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> TypeInformation<T> createTypeInformation(LogicalType type) {
      return (TypeInformation<T>) TypeInformation.of(RowData.class);
    }

    @Override
    public DynamicTableSource.DataStructureConverter createDataStructureConverter(DataType type) {
      throw new UnsupportedOperationException();
    }
  }
}
