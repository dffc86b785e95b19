package io.unifiedcatalog.server.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Compatibility;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Overlay;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.SchemaContent;
import io.unifiedcatalog.server.model.SchemaUse;
import io.unifiedcatalog.server.model.TableName;
import io.unifiedcatalog.server.schema.CompiledSchema;
import io.unifiedcatalog.server.store.MetadataStore.Revision;
import io.unifiedcatalog.server.store.MetadataStore.StoredTable;
import io.unifiedcatalog.server.store.SchemaStore.AskedSchema;
import io.unifiedcatalog.server.store.SchemaStore.NewSchema;
import io.unifiedcatalog.server.store.SchemaStore.NewTable;
import io.unifiedcatalog.server.store.SchemaStore.RegisteredSchema;
import io.unifiedcatalog.server.store.SchemaStore.RegisteredTable;
import io.unifiedcatalog.server.store.SchemaStore.SchemaRules;
import io.unifiedcatalog.server.store.SchemaStore.StoredSchema;
import io.unifiedcatalog.server.store.SchemaStore.Subject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeEach;

/**
 * A store with schemas and registered tables. A schema here is the names of its columns with blanks
 * between them; a table breaks if it has the option {@code needs} and no column of that name.
 */
@NullUnmarked // a null where there should be a value fails the test all the same
abstract class SchemaStoreContract extends StoreContract {
  static final String KIND = "words";

  SchemaStore schemas;

  @BeforeEach
  void openSchemas() {
    schemas = new SchemaStore(dataSource);
    store.createSource("kafka", "kafka", Map.of(), Map.of(), true, "ann");
  }

  /** Remembers what it was shown. */
  static class Rules implements SchemaRules {
    final List<List<Long>> compared = new ArrayList<>();

    @Override
    public void check(Subject subject, List<StoredSchema> earlier) {
      compared.add(earlier.stream().map(StoredSchema::version).toList());
    }

    @Override
    public PhysicalTable follow(StoredTable table, Map<String, StoredSchema> used) {
      Registration registration = table.physical().registration();
      return physical(
          table.name().table(),
          registration.options(),
          registration.schemas().stream()
              .map(
                  use ->
                      new AskedSchema(
                          use.role(), use.subject(), use.pinned() ? use.version() : 0, ""))
              .toList(),
          used);
    }
  }

  static PhysicalTable physical(
      String name,
      Map<String, String> options,
      List<AskedSchema> asked,
      Map<String, StoredSchema> used) {
    List<Column> columns = new ArrayList<>();
    List<SchemaUse> uses = new ArrayList<>();
    for (AskedSchema schema : asked) {
      StoredSchema found = used.get(schema.role());
      uses.add(
          new SchemaUse(
              schema.role(),
              found.subjectId(),
              found.subject(),
              found.version(),
              schema.version() != 0,
              ""));
      for (String column : found.content().files().get(0).text().strip().split(" ", -1)) {
        columns.add(new Column(column, "STRING", true, "", Map.of()));
      }
    }
    String needed = options.get("needs");
    if (needed != null && columns.stream().noneMatch(column -> column.name().equals(needed))) {
      throw new CatalogException(ErrorCode.INVALID_ARGUMENT, "NO_COLUMN", "there is no " + needed);
    }
    return new PhysicalTable(
        name,
        PhysicalTable.Kind.TABLE,
        columns,
        null,
        List.of(),
        List.of(),
        "",
        Map.of(),
        new Registration(options, uses));
  }

  static SchemaContent content(String file, String text, SchemaContent.Reference... to) {
    return new SchemaContent(List.of(new SchemaContent.File(file, text)), "", Arrays.asList(to));
  }

  static NewSchema schema(String text, SchemaContent.Reference... to) {
    return new NewSchema(
        0, 0, content("a.txt", text, to), new CompiledSchema(text.getBytes(UTF_8), List.of()));
  }

  static NewSchema imported(String subject, long version, int id, String text) {
    return new NewSchema(
        version,
        id,
        content(subject + ".txt", text),
        new CompiledSchema(text.getBytes(UTF_8), List.of()));
  }

  RegisteredSchema register(String subject, String text, SchemaContent.Reference... to) {
    return schemas.registerSchemas(
        subject, KIND, null, null, List.of(schema(text, to)), new Rules(), true, "ann");
  }

  RegisteredSchema register(
      String subject, Compatibility compatibility, SchemaRules rules, String text) {
    return schemas.registerSchemas(
        subject, KIND, compatibility, null, List.of(schema(text)), rules, true, "ann");
  }

  RegisteredSchema registerAs(String subject, String kind, String text) {
    return schemas.registerSchemas(
        subject, kind, null, null, List.of(schema(text)), new Rules(), true, "ann");
  }

  RegisteredSchema check(String subject, String text) {
    return schemas.registerSchemas(
        subject, KIND, null, null, List.of(schema(text)), new Rules(), false, "ann");
  }

  RegisteredSchema importAll(String subject, NewSchema... imported) {
    return schemas.registerSchemas(
        subject, KIND, null, null, List.of(imported), new Rules(), true, "ann");
  }

  static AskedSchema follow(String role, String subject) {
    return new AskedSchema(role, subject, 0, "");
  }

  static AskedSchema pin(String role, String subject, long version) {
    return new AskedSchema(role, subject, version, "");
  }

  static TableName name(String table) {
    return new TableName("kafka", table);
  }

  RegisteredTable table(String table, AskedSchema... asked) {
    return registerTable(name(table), Map.of(), asked);
  }

  RegisteredTable needing(String table, String column, AskedSchema... asked) {
    return registerTable(name(table), Map.of("needs", column), asked);
  }

  RegisteredTable registerTable(TableName name, Map<String, String> options, AskedSchema... asked) {
    return schemas.registerTable(
        name,
        List.of(asked),
        false,
        (source, stored, used, registered) ->
            new NewTable(physical(name.table(), options, List.of(asked), used), null),
        "ann");
  }

  static Overlay overlay(String owner) {
    return new Overlay(
        null, List.of(), List.of(), List.of(), List.of(), Map.of(), "", owner, Map.of(), Map.of(),
        List.of());
  }

  static List<String> columns(StoredTable table) {
    return table.physical().columns().stream().map(Column::name).toList();
  }

  List<Long> versions(String subject) {
    return schemas.schemas(subject, Long.MAX_VALUE, 1_000).stream()
        .map(StoredSchema::version)
        .toList();
  }

  Revision lastRevision() {
    List<Revision> revisions = store.revisions(store.latestRevision() - 1, 10);
    assertThat(revisions).hasSize(1);
    return revisions.get(0);
  }

  List<String> everyRow() {
    List<String> rows = new ArrayList<>();
    for (String table :
        List.of(
            "schema_subject",
            "schema_version",
            "schema_reference",
            "schema_use",
            "catalog_table",
            "table_version",
            "change",
            "revision")) {
      rows.addAll(sql("SELECT t::text FROM " + table + " t ORDER BY 1"));
    }
    return rows;
  }

  static void finish(List<Future<?>> calls) throws Exception {
    for (Future<?> call : calls) {
      call.get(60, TimeUnit.SECONDS);
    }
  }

  static void assertNotFound(ThrowingCallable call, String message) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            CatalogException.class,
            e -> {
              assertThat(e).hasMessage(message);
              assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND);
            });
  }

  static void assertFails(ThrowingCallable call, String reason, String message) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            CatalogException.class,
            e -> {
              assertThat(e).hasMessage(message);
              assertThat(e.reason()).isEqualTo(reason);
              assertThat(e.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
            });
  }
}
