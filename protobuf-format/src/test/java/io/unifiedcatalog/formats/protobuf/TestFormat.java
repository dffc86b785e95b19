package io.unifiedcatalog.formats.protobuf;

import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import java.io.Serializable;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
import org.apache.flink.table.connector.format.ProjectableDecodingFormat;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.apache.flink.table.types.utils.TypeConversions;
import org.apache.flink.util.InstantiationUtil;
import org.jspecify.annotations.Nullable;

/** The format as a connector uses it: by the factory, options and a declared row. */
final class TestFormat {
  private final Map<String, String> options = new LinkedHashMap<>();
  private String connector = "kafka";

  static TestFormat of(FileDescriptorSet set, String message) {
    TestFormat format = new TestFormat();
    format.options.put("descriptor-set", Base64.getEncoder().encodeToString(set.toByteArray()));
    format.options.put("message-name", message);
    return format;
  }

  TestFormat with(String key, @Nullable String value) {
    if (value == null) {
      options.remove(key);
    } else {
      options.put(key, value);
    }
    return this;
  }

  TestFormat connector(String connector) {
    this.connector = connector;
    return this;
  }

  /** A row as SQL writes it. */
  static RowType row(String type) {
    return (RowType) LogicalTypeParser.parse(type, TestFormat.class.getClassLoader());
  }

  ProjectableDecodingFormat<DeserializationSchema<RowData>> decoding() {
    return (ProjectableDecodingFormat<DeserializationSchema<RowData>>)
        new ProtobufFormatFactory().createDecodingFormat(context(), Configuration.fromMap(options));
  }

  DeserializationSchema<RowData> decoder(RowType row) {
    return copy(decoding().createRuntimeDecoder(new SourceContext(), dataType(row)));
  }

  DeserializationSchema<RowData> decoder(RowType row, int[][] projections) {
    return copy(decoding().createRuntimeDecoder(new SourceContext(), dataType(row), projections));
  }

  SerializationSchema<RowData> encoder(RowType row) {
    return copy(
        new ProtobufFormatFactory()
            .createEncodingFormat(context(), Configuration.fromMap(options))
            .createRuntimeEncoder(new SinkContext(), dataType(row)));
  }

  private static DataType dataType(RowType row) {
    return TypeConversions.fromLogicalToDataType(row);
  }

  /** As it reaches a task. */
  private static <T extends Serializable> T copy(T schema) {
    try {
      T copy = InstantiationUtil.clone(schema);
      if (copy instanceof DeserializationSchema<?> decoder) {
        decoder.open(null);
      } else if (copy instanceof SerializationSchema<?> encoder) {
        encoder.open(null);
      }
      return copy;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private DynamicTableFactory.Context context() {
    ResolvedSchema schema =
        new ResolvedSchema(List.of(Column.physical("any", DataTypes.INT())), List.of(), null);
    CatalogTable table =
        CatalogTable.newBuilder()
            .schema(Schema.newBuilder().fromResolvedSchema(schema).build())
            .options(Map.of("connector", connector))
            .build();
    return new FactoryUtil.DefaultDynamicTableContext(
        ObjectIdentifier.of("c", "d", "t"),
        new ResolvedCatalogTable(table, schema),
        Map.of(),
        new Configuration(),
        TestFormat.class.getClassLoader(),
        false);
  }

  private static final class SourceContext implements DynamicTableSource.Context {
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

  private static final class SinkContext implements DynamicTableSink.Context {
    @Override
    public Optional<int[][]> getTargetColumns() {
      return Optional.empty();
    }

    @Override
    public boolean isBounded() {
      return false;
    }

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
    public DynamicTableSink.DataStructureConverter createDataStructureConverter(DataType type) {
      throw new UnsupportedOperationException();
    }
  }
}
