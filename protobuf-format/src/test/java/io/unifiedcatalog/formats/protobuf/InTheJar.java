package io.unifiedcatalog.formats.protobuf;

import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.StructProto;
import java.util.Base64;
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
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;

/** Runs beside the packed jar, with no library of this build but Flink. */
public final class InTheJar {
  private InTheJar() {}

  /** Runs here. */
  static String descriptorSet() {
    return Base64.getEncoder()
        .encodeToString(
            FileDescriptorSet.newBuilder()
                .addFile(StructProto.getDescriptor().toProto())
                .build()
                .toByteArray());
  }

  /** Writes JSON as a message and reads it again. Called in the other class loader. */
  public static String copy(String descriptorSet) throws Exception {
    DataType row =
        DataTypes.ROW(
            DataTypes.FIELD("fields", DataTypes.MAP(DataTypes.STRING(), DataTypes.STRING())));
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
    Configuration options =
        Configuration.fromMap(
            Map.of("message-name", "google.protobuf.Struct", "descriptor-set", descriptorSet));
    ProtobufFormatFactory factory = new ProtobufFormatFactory();
    SerializationSchema<RowData> encoder =
        factory.createEncodingFormat(context, options).createRuntimeEncoder(null, row);
    DeserializationSchema<RowData> decoder =
        factory.createDecodingFormat(context, options).createRuntimeDecoder(new Types(), row);
    String json = "[1.0,\"b\",null]";
    GenericRowData written =
        GenericRowData.of(
            new GenericMapData(Map.of(StringData.fromString("a"), StringData.fromString(json))));
    RowData read = decoder.deserialize(encoder.serialize(written));
    return String.format(
        "{\"%s\":%s}",
        read.getMap(0).keyArray().getString(0), read.getMap(0).valueArray().getString(0));
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
