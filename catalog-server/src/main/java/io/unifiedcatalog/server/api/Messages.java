package io.unifiedcatalog.server.api;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import io.unifiedcatalog.proto.v1.Column;
import io.unifiedcatalog.proto.v1.Compatibility;
import io.unifiedcatalog.proto.v1.Contradiction;
import io.unifiedcatalog.proto.v1.CrawlProblem;
import io.unifiedcatalog.proto.v1.CrawlRun;
import io.unifiedcatalog.proto.v1.Database;
import io.unifiedcatalog.proto.v1.DatabaseOutcome;
import io.unifiedcatalog.proto.v1.DraftColumn;
import io.unifiedcatalog.proto.v1.DraftKind;
import io.unifiedcatalog.proto.v1.EffectiveSchema;
import io.unifiedcatalog.proto.v1.Incompatibility;
import io.unifiedcatalog.proto.v1.Key;
import io.unifiedcatalog.proto.v1.Overlay;
import io.unifiedcatalog.proto.v1.PhysicalColumn;
import io.unifiedcatalog.proto.v1.PhysicalTable;
import io.unifiedcatalog.proto.v1.Problem;
import io.unifiedcatalog.proto.v1.Registration;
import io.unifiedcatalog.proto.v1.Schema;
import io.unifiedcatalog.proto.v1.SchemaContent;
import io.unifiedcatalog.proto.v1.Source;
import io.unifiedcatalog.proto.v1.Statistics;
import io.unifiedcatalog.proto.v1.Subject;
import io.unifiedcatalog.proto.v1.Table;
import io.unifiedcatalog.proto.v1.TableChange;
import io.unifiedcatalog.proto.v1.TableSummary;
import io.unifiedcatalog.server.model.EffectiveSchema.Computed;
import io.unifiedcatalog.server.model.EffectiveSchema.EffectiveColumn;
import io.unifiedcatalog.server.model.EffectiveSchema.Metadata;
import io.unifiedcatalog.server.model.EffectiveSchema.Physical;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.TableName;
import io.unifiedcatalog.server.source.TableDraft;
import io.unifiedcatalog.server.store.MetadataStore.SourceSummary;
import io.unifiedcatalog.server.store.MetadataStore.StoredTable;
import io.unifiedcatalog.server.store.SchemaStore;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The model's things as messages of the API. */
final class Messages {
  private Messages() {}

  /**
   * A proposal of a table.
   *
   * @param differences where tables that are registered are otherwise
   */
  static io.unifiedcatalog.proto.v1.TableDraft draft(
      String source, TableDraft draft, List<String> differences) {
    io.unifiedcatalog.proto.v1.TableDraft.Builder message =
        io.unifiedcatalog.proto.v1.TableDraft.newBuilder()
            .setName(tableName(new TableName(source, draft.table())))
            .setRegistration(
                io.unifiedcatalog.proto.v1.Registration.newBuilder().putAllOptions(draft.options()))
            .setSamples(draft.samples())
            .setVisits(draft.visits())
            .setComplete(draft.complete())
            .addAllNotes(draft.notes())
            .addAllNotes(differences);
    draft
        .kinds()
        .forEach(
            kind ->
                message.addKinds(
                    DraftKind.newBuilder()
                        .setKind(kind.kind())
                        .setSamples(kind.samples())
                        .setExampleKey(kind.exampleKey())));
    for (TableDraft.DraftColumn column : draft.columns()) {
      DraftColumn.Builder drafted =
          DraftColumn.newBuilder()
              .setColumn(
                  io.unifiedcatalog.proto.v1.PhysicalColumn.newBuilder()
                      .setName(column.column().name())
                      .setNativeType(column.column().nativeType())
                      .setNullable(column.column().nullable()))
              .setPresent(column.present())
              .setValues(column.values())
              .setSupporting(column.supporting());
      column
          .contradictions()
          .forEach(
              one ->
                  drafted.addContradictions(
                      Contradiction.newBuilder().setKey(one.key()).setValue(one.value())));
      message.addColumns(drafted);
    }
    return message.build();
  }

  static io.unifiedcatalog.proto.v1.TableName tableName(TableName name) {
    return io.unifiedcatalog.proto.v1.TableName.newBuilder()
        .setDatabase(name.database())
        .setTable(name.table())
        .build();
  }

  static Database database(io.unifiedcatalog.server.store.MetadataStore.Database database) {
    return Database.newBuilder()
        .setName(database.name())
        .setSource(database.source())
        .setNativeName(database.nativeName())
        .setTableCount(database.tableCount())
        .build();
  }

  static TableSummary tableSummary(
      io.unifiedcatalog.server.store.MetadataStore.TableSummary table) {
    return TableSummary.newBuilder()
        .setName(tableName(table.name()))
        .setKind(kind(table.kind()))
        .setComment(table.comment())
        .build();
  }

  /**
   * A table.
   *
   * @param store the id of the store that it is in
   * @param effective null: no engine asked
   */
  static Table table(
      UUID store,
      StoredTable table,
      io.unifiedcatalog.server.model.@Nullable EffectiveSchema effective) {
    Table.Builder message =
        Table.newBuilder()
            .setName(tableName(table.name()))
            .setId(table.id().toString())
            .setVersion(table.version())
            .setRevision(table.revision())
            .setUpdateTime(timestamp(table.time()))
            .setSource(table.source().name())
            .setSourceKind(table.source().kind())
            .setPhysical(physical(table))
            .setDropped(table.dropped())
            .setStore(store.toString());
    if (table.overlay() != null) {
      message.setOverlay(overlay(table.overlay(), table.overlayEtag()));
    }
    if (effective != null) {
      message.setEffective(effective(effective));
      effective.problems().forEach(problem -> message.addProblems(problem(problem)));
    } else {
      String broken = table.physical().facts().get(Facts.BROKEN);
      if (broken != null) {
        message.addProblems(
            Problem.newBuilder().setKind(Problem.Kind.KIND_BROKEN).setMessage(broken));
      }
    }
    io.unifiedcatalog.server.model.Statistics known = table.statistics();
    if (known.rowCount() != null || known.sizeBytes() != null) {
      Statistics.Builder statistics = message.getStatisticsBuilder();
      if (known.rowCount() != null) {
        statistics.setRowCount(known.rowCount());
      }
      if (known.sizeBytes() != null) {
        statistics.setSizeBytes(known.sizeBytes());
      }
    }
    return message.build();
  }

  static Table tableVersion(UUID store, StoredTable table) {
    return table(store, table, null).toBuilder()
        .setAuthor(table.author())
        .setReason(table.reason())
        .build();
  }

  private static PhysicalTable physical(StoredTable table) {
    io.unifiedcatalog.server.model.PhysicalTable physical = table.physical();
    PhysicalTable.Builder message =
        PhysicalTable.newBuilder()
            .setKind(kind(physical.kind()))
            .setNativeDatabase(table.nativeDatabase())
            .setComment(physical.comment())
            .putAllFacts(physical.facts());
    for (io.unifiedcatalog.server.model.Column column : physical.columns()) {
      message.addColumns(
          PhysicalColumn.newBuilder()
              .setName(column.name())
              .setNativeType(column.nativeType())
              .setNullable(column.nullable())
              .setComment(column.comment())
              .putAllFacts(column.facts()));
    }
    if (physical.primaryKey() != null) {
      message.setPrimaryKey(key(physical.primaryKey()));
    }
    physical.uniqueKeys().forEach(key -> message.addUniqueKeys(key(key)));
    physical.indexes().forEach(key -> message.addIndexes(key(key)));
    if (physical.registration() != null) {
      message.setRegistration(registration(physical.registration()));
    }
    return message.build();
  }

  private static Registration registration(
      io.unifiedcatalog.server.model.Registration registration) {
    Registration.Builder message = Registration.newBuilder().putAllOptions(registration.options());
    registration
        .schemas()
        .forEach(
            use ->
                message
                    .addSchemasBuilder()
                    .setRole(use.role())
                    .setSubject(use.subject())
                    .setVersion(use.version())
                    .setPinned(use.pinned())
                    .setMessage(use.message()));
    return message.build();
  }

  static Subject subject(SchemaStore.Subject subject) {
    return Subject.newBuilder()
        .setName(subject.name())
        .setKind(subject.kind())
        .setCompatibility(compatibility(subject.compatibility()))
        .setUsedInJson(subject.usedInJson())
        .setLatestVersion(subject.latestVersion())
        .build();
  }

  private static Compatibility compatibility(
      io.unifiedcatalog.server.model.Compatibility compatibility) {
    return switch (compatibility) {
      case NONE -> Compatibility.COMPATIBILITY_NONE;
      case BACKWARD -> Compatibility.COMPATIBILITY_BACKWARD;
      case BACKWARD_TRANSITIVE -> Compatibility.COMPATIBILITY_BACKWARD_TRANSITIVE;
      case FORWARD -> Compatibility.COMPATIBILITY_FORWARD;
      case FORWARD_TRANSITIVE -> Compatibility.COMPATIBILITY_FORWARD_TRANSITIVE;
      case FULL -> Compatibility.COMPATIBILITY_FULL;
      case FULL_TRANSITIVE -> Compatibility.COMPATIBILITY_FULL_TRANSITIVE;
    };
  }

  /** A version with its content. */
  static Schema schema(SchemaStore.StoredSchema schema) {
    SchemaContent.Builder content = SchemaContent.newBuilder();
    schema
        .content()
        .files()
        .forEach(file -> content.addFilesBuilder().setName(file.name()).setText(file.text()));
    if (!schema.content().descriptorSet().isEmpty()) {
      content.setDescriptorSet(
          ByteString.copyFrom(Base64.getDecoder().decode(schema.content().descriptorSet())));
    }
    schema
        .content()
        .references()
        .forEach(
            reference ->
                content
                    .addReferencesBuilder()
                    .setName(reference.name())
                    .setSubject(reference.subject())
                    .setVersion(reference.version()));
    return schemaSummary(schema).toBuilder()
        .setContent(content)
        .addAllMessages(schema.compiled().messages())
        .build();
  }

  /** A version as lists show it. */
  static Schema schemaSummary(SchemaStore.StoredSchema schema) {
    return Schema.newBuilder()
        .setSubject(schema.subject())
        .setKind(schema.kind())
        .setVersion(schema.version())
        .setId(schema.id())
        .setCreateTime(timestamp(schema.time()))
        .setAuthor(schema.author())
        .setDeleted(schema.deleted())
        .build();
  }

  /**
   * An incompatibility.
   *
   * @param version that it was compared with
   */
  static Incompatibility incompatibility(
      io.unifiedcatalog.server.model.Incompatibility incompatibility, long version) {
    return Incompatibility.newBuilder()
        .setRule(incompatibility.rule())
        .setVersion(version)
        .setOldPlace(incompatibility.oldPlace())
        .setNewPlace(incompatibility.newPlace())
        .setMessage(incompatibility.message())
        .setRemedy(incompatibility.remedy())
        .build();
  }

  private static Key key(io.unifiedcatalog.server.model.Key key) {
    return Key.newBuilder().setName(key.name()).addAllColumns(key.columns()).build();
  }

  private static PhysicalTable.Kind kind(io.unifiedcatalog.server.model.PhysicalTable.Kind kind) {
    return switch (kind) {
      case TABLE -> PhysicalTable.Kind.KIND_TABLE;
      case VIEW -> PhysicalTable.Kind.KIND_VIEW;
    };
  }

  static Overlay overlay(io.unifiedcatalog.server.model.Overlay overlay, String etag) {
    Overlay.Builder message =
        Overlay.newBuilder()
            .addAllPrimaryKey(overlay.primaryKey())
            .addAllHiddenColumns(overlay.hiddenColumns())
            .putAllColumnComments(overlay.columnComments())
            .setComment(overlay.comment())
            .setOwner(overlay.owner())
            .putAllTags(overlay.tags())
            .putAllOptions(overlay.options())
            .addAllColumnOrder(overlay.columnOrder())
            .setEtag(etag);
    if (overlay.watermark() != null) {
      message.setWatermark(watermark(overlay.watermark()));
    }
    overlay
        .computedColumns()
        .forEach(
            column ->
                message
                    .addComputedColumnsBuilder()
                    .setName(column.name())
                    .setExpression(column.expression())
                    .setComment(column.comment()));
    overlay
        .metadataColumns()
        .forEach(
            column ->
                message
                    .addMetadataColumnsBuilder()
                    .setName(column.name())
                    .setType(column.type())
                    .setKey(column.key())
                    .setVirtual(column.virtual())
                    .setComment(column.comment()));
    return message.build();
  }

  private static io.unifiedcatalog.proto.v1.Watermark watermark(
      io.unifiedcatalog.server.model.Overlay.Watermark watermark) {
    return io.unifiedcatalog.proto.v1.Watermark.newBuilder()
        .setColumn(watermark.column())
        .setExpression(watermark.expression())
        .build();
  }

  private static EffectiveSchema effective(io.unifiedcatalog.server.model.EffectiveSchema schema) {
    EffectiveSchema.Builder message =
        EffectiveSchema.newBuilder()
            .addAllPrimaryKey(schema.primaryKey())
            .setComment(schema.comment());
    for (EffectiveColumn column : schema.columns()) {
      message.addColumns(column(column));
    }
    if (schema.watermark() != null) {
      message.setWatermark(watermark(schema.watermark()));
    }
    return message.build();
  }

  private static Column column(EffectiveColumn column) {
    Column.Builder message =
        Column.newBuilder().setName(column.name()).setComment(column.comment());
    if (column instanceof Physical physical) {
      message.getPhysicalBuilder().setType(physical.type().sql(physical.nullable()));
    } else if (column instanceof Computed computed) {
      message.getComputedBuilder().setExpression(computed.expression());
    } else if (column instanceof Metadata metadata) {
      message
          .getMetadataBuilder()
          .setType(metadata.type())
          .setKey(metadata.key())
          .setVirtual(metadata.virtual());
    }
    return message.build();
  }

  static Problem problem(io.unifiedcatalog.server.model.Problem problem) {
    return Problem.newBuilder()
        .setKind(
            switch (problem.kind()) {
              case UNSUPPORTED_COLUMN -> Problem.Kind.KIND_UNSUPPORTED_COLUMN;
              case LOSS -> Problem.Kind.KIND_LOSS;
              case OVERLAY -> Problem.Kind.KIND_OVERLAY;
              case BROKEN -> Problem.Kind.KIND_BROKEN;
              case UNREGISTERED -> Problem.Kind.KIND_UNREGISTERED;
            })
        .setSubject(problem.subject())
        .setMessage(problem.message())
        .build();
  }

  static Source source(SourceSummary summary) {
    io.unifiedcatalog.server.model.Source source = summary.source();
    Source.Builder message =
        Source.newBuilder()
            .setName(source.name())
            .setKind(source.kind())
            .putAllOptions(source.options())
            .addAllStoredSecrets(summary.storedSecrets())
            .setEtag(Long.toString(source.version()))
            .setTableCount(summary.tableCount())
            .setSchedule(Schedules.message(summary.schedule().schedule()));
    if (summary.schedule().next() != null) {
      message.setNextCrawl(Schedules.message(summary.schedule().next(), summary.schedule().due()));
    }
    if (summary.latestRun() != null) {
      message.setLatestRun(crawlRun(summary.latestRun(), List.of()));
    }
    return message.build();
  }

  static CrawlRun crawlRun(io.unifiedcatalog.server.model.CrawlRun run) {
    return crawlRun(run, run.databases());
  }

  private static CrawlRun crawlRun(
      io.unifiedcatalog.server.model.CrawlRun run,
      List<io.unifiedcatalog.server.model.CrawlRun.DatabaseOutcome> databases) {
    CrawlRun.Builder message =
        CrawlRun.newBuilder()
            .setId(run.id())
            .setSource(run.source())
            .setState(
                switch (run.state()) {
                  case RUNNING -> CrawlRun.State.STATE_RUNNING;
                  case SUCCEEDED -> CrawlRun.State.STATE_SUCCEEDED;
                  case HELD -> CrawlRun.State.STATE_HELD;
                  case FAILED -> CrawlRun.State.STATE_FAILED;
                  case INTERRUPTED -> CrawlRun.State.STATE_INTERRUPTED;
                  case CONFIRMED -> CrawlRun.State.STATE_CONFIRMED;
                  case DISCARDED -> CrawlRun.State.STATE_DISCARDED;
                })
            .setStartTime(timestamp(run.startTime()))
            .setAuthor(run.author())
            .setError(run.error());
    if (run.endTime() != null) {
      message.setEndTime(timestamp(run.endTime()));
    }
    databases.forEach(database -> message.addDatabases(databaseOutcome(database)));
    return message.build();
  }

  static TableChange tableChange(io.unifiedcatalog.server.model.TableChange change) {
    TableChange.Builder message =
        TableChange.newBuilder()
            .setTable(change.table())
            .setKind(
                switch (change.kind()) {
                  case ADDED -> TableChange.Kind.KIND_ADDED;
                  case ALTERED -> TableChange.Kind.KIND_ALTERED;
                  case REMOVED -> TableChange.Kind.KIND_REMOVED;
                  case RETYPED -> TableChange.Kind.KIND_RETYPED;
                  case UNSUPPORTED -> TableChange.Kind.KIND_UNSUPPORTED;
                  case HELD -> TableChange.Kind.KIND_HELD;
                })
            .setBreaking(change.breaking() > 0);
    change
        .differences()
        .forEach(
            difference ->
                message.addDifferences(
                    TableChange.Difference.newBuilder()
                        .setColumn(difference.column())
                        .setAspect(
                            switch (difference.aspect()) {
                              case COLUMN_ADDED -> TableChange.Aspect.ASPECT_COLUMN_ADDED;
                              case COLUMN_REMOVED -> TableChange.Aspect.ASPECT_COLUMN_REMOVED;
                              case TYPE_WIDENED -> TableChange.Aspect.ASPECT_TYPE_WIDENED;
                              case TYPE_NARROWED -> TableChange.Aspect.ASPECT_TYPE_NARROWED;
                              case TYPE_CHANGED -> TableChange.Aspect.ASPECT_TYPE_CHANGED;
                              case NATIVE_TYPE -> TableChange.Aspect.ASPECT_NATIVE_TYPE;
                              case NULLABILITY -> TableChange.Aspect.ASPECT_NULLABILITY;
                              case COMMENT -> TableChange.Aspect.ASPECT_COMMENT;
                              case FACT -> TableChange.Aspect.ASPECT_FACT;
                              case COLUMN_ORDER -> TableChange.Aspect.ASPECT_COLUMN_ORDER;
                              case KIND -> TableChange.Aspect.ASPECT_KIND;
                              case PRIMARY_KEY -> TableChange.Aspect.ASPECT_PRIMARY_KEY;
                              case UNIQUE_KEYS -> TableChange.Aspect.ASPECT_UNIQUE_KEYS;
                              case INDEXES -> TableChange.Aspect.ASPECT_INDEXES;
                              case UNSUPPORTED -> TableChange.Aspect.ASPECT_UNSUPPORTED;
                            })
                        .setBefore(difference.before())
                        .setAfter(difference.after())
                        .setBreaking(difference.isBreaking())));
    return message.build();
  }

  static DatabaseOutcome databaseOutcome(
      io.unifiedcatalog.server.model.CrawlRun.DatabaseOutcome outcome) {
    DatabaseOutcome.Builder message =
        DatabaseOutcome.newBuilder()
            .setNativeDatabase(outcome.nativeDatabase())
            .setDatabase(outcome.database())
            .setState(
                switch (outcome.state()) {
                  case CHANGED -> DatabaseOutcome.State.STATE_CHANGED;
                  case UNCHANGED -> DatabaseOutcome.State.STATE_UNCHANGED;
                  case HELD -> DatabaseOutcome.State.STATE_HELD;
                  case FAILED -> DatabaseOutcome.State.STATE_FAILED;
                  case SKIPPED -> DatabaseOutcome.State.STATE_SKIPPED;
                })
            .setMessage(outcome.message())
            .setAdded(outcome.added())
            .setAltered(outcome.altered())
            .setDropped(outcome.dropped())
            .setUnchanged(outcome.unchanged())
            .setBreakingChanges(outcome.breaking())
            .setReadTime(duration(outcome.readTime()))
            .setStoreTime(duration(outcome.storeTime()))
            .addAllHeldTables(outcome.heldTables());
    outcome
        .problems()
        .forEach(
            problem ->
                message.addProblems(
                    CrawlProblem.newBuilder()
                        .setTable(problem.table())
                        .setProblem(problem(problem.problem()))));
    return message.build();
  }

  private static Timestamp timestamp(Instant time) {
    return Timestamp.newBuilder()
        .setSeconds(time.getEpochSecond())
        .setNanos(time.getNano())
        .build();
  }

  private static Duration duration(java.time.Duration duration) {
    return Duration.newBuilder()
        .setSeconds(duration.getSeconds())
        .setNanos(duration.getNano())
        .build();
  }
}
