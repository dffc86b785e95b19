package io.unifiedcatalog.server.api;

import static io.unifiedcatalog.server.api.Calls.answer;

import io.grpc.stub.StreamObserver;
import io.unifiedcatalog.proto.v1.Binding;
import io.unifiedcatalog.proto.v1.BindingServiceGrpc.BindingServiceImplBase;
import io.unifiedcatalog.proto.v1.ResolveBindingRequest;
import io.unifiedcatalog.server.model.Binding.Option;
import io.unifiedcatalog.server.model.Binding.Role;
import io.unifiedcatalog.server.model.Binding.RuntimeMode;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Facts;
import io.unifiedcatalog.server.model.OptionRule;
import io.unifiedcatalog.server.model.Overlay;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.TableName;
import io.unifiedcatalog.server.store.MetadataStore;
import io.unifiedcatalog.server.store.MetadataStore.StoredTable;
import io.unifiedcatalog.server.store.SchemaStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** {@code BindingService}: the one answer that holds secrets; each call is audited. */
public final class BindingApi extends BindingServiceImplBase {
  /** How many versions of a subject a table reads records of: the newest. */
  private static final int WRITTEN_VERSIONS = 10_000;

  private final MetadataStore store;
  private final SchemaStore schemas;

  /** The service over a store. */
  public BindingApi(MetadataStore store, SchemaStore schemas) {
    this.store = store;
    this.schemas = schemas;
  }

  @Override
  public void resolveBinding(ResolveBindingRequest request, StreamObserver<Binding> observer) {
    answer(observer, () -> resolve(request));
  }

  private Binding resolve(ResolveBindingRequest request) {
    TableName name = Requests.tableName(request.getName());
    Engine engine = Requests.engine(request.getEngine());
    Role role =
        switch (request.getRole()) {
          case ROLE_SOURCE -> Role.SOURCE;
          case ROLE_SINK -> Role.SINK;
          case ROLE_UNSPECIFIED, UNRECOGNIZED ->
              throw Requests.invalid("role", "is not set; ROLE_SOURCE or ROLE_SINK");
        };
    RuntimeMode mode =
        switch (request.getRuntimeMode()) {
          case RUNTIME_MODE_BATCH -> RuntimeMode.BATCH;
          case RUNTIME_MODE_STREAMING -> RuntimeMode.STREAMING;
          case RUNTIME_MODE_UNSPECIFIED, UNRECOGNIZED ->
              throw Requests.invalid(
                  "runtime_mode", "is not set; RUNTIME_MODE_BATCH or RUNTIME_MODE_STREAMING");
        };
    UUID asked =
        request.getStore().isEmpty() ? null : Requests.storeId("store", request.getStore());
    UUID storeId;
    io.unifiedcatalog.server.model.Binding binding;
    try {
      Caller.requireBindings();
      // Read each time, as the rest of the answer is.
      storeId = store.id();
      requireSameStore(name, asked, storeId);
      binding = resolve(stored(name, request.getVersion()), role, mode, engine);
    } catch (RuntimeException e) {
      String why = e instanceof CatalogException ? e.getMessage() : "The server failed.";
      store.auditBinding(Calls.caller(), name, role, false, String.valueOf(why));
      throw e;
    }
    store.auditBinding(Calls.caller(), name, role, true, "");
    return message(binding, storeId);
  }

  /** Another store's table may have the same name, and be something else. */
  private static void requireSameStore(TableName name, @Nullable UUID asked, UUID here) {
    if (asked != null && !asked.equals(here)) {
      throw new CatalogException(
          ErrorCode.FAILED_PRECONDITION,
          "OTHER_STORE",
          "The reference to table "
              + name
              + " is of another store: it names "
              + asked
              + ", and this server has "
              + here
              + ". A table of that name here may be another one, so it is not used. Ask a server of"
              + " that store, or make the reference again with this server.",
          Map.of("table", name.toString(), "store", asked.toString(), "server", here.toString()),
          List.of(),
          null);
    }
  }

  /**
   * The version of a table that a statement was planned with. Never from the cache: a rotated
   * password and a moved server count at once.
   */
  private StoredTable stored(TableName name, long version) {
    StoredTable newest =
        store
            .table(name, 0)
            .orElseThrow(
                () ->
                    CatalogException.notFound(
                        "Table "
                            + name
                            + " does not exist"
                            + (version == 0 ? "." : ", or does no longer.")));
    if (version == 0 || version == newest.version()) {
      return newest;
    }
    return store
        .table(name, version)
        .filter(planned -> planned.id().equals(newest.id()) && !planned.dropped())
        .orElseThrow(
            () ->
                CatalogException.notFound(
                    "Table "
                        + name
                        + " has no version "
                        + version
                        + ". Plan the statement again."));
  }

  private io.unifiedcatalog.server.model.Binding resolve(
      StoredTable table, Role role, RuntimeMode mode, Engine engine) {
    Source source = store.source(table.source().name());
    Overlay overlay = table.overlay();
    // A registered table is written by its schema, which knows what a missing field means.
    if (role == Role.SINK && overlay != null && table.physical().registration() == null) {
      refuseHiddenRequired(table, overlay);
    }
    io.unifiedcatalog.server.model.Binding binding =
        RegisteredTables.binding(
            source,
            table.nativeDatabase(),
            table.physical(),
            overlay,
            CatalogApi.effective(table, engine),
            role,
            mode,
            engine,
            schemas::schema,
            use -> schemas.schemas(use.subject(), Long.MAX_VALUE, WRITTEN_VERSIONS));
    if (overlay != null) {
      binding = withOptions(binding, overlay.options(), table.name());
    }
    requireValid(binding, table.name());
    return binding;
  }

  /** What an earlier release stored was checked by its rules; the connector sees none of it. */
  private static void requireValid(
      io.unifiedcatalog.server.model.Binding binding, TableName table) {
    for (Option option : binding.options()) {
      OptionRule rule = option.rule();
      String value = option.value();
      if (rule != null && value != null && !rule.takes(value)) {
        throw new CatalogException(
            ErrorCode.FAILED_PRECONDITION,
            "OPTION_INVALID",
            "Table "
                + table
                + " cannot be used: its option '"
                + option.key()
                + "' "
                + rule.refusal()
                + ". Set it anew with `catalog table overlay set`, or register the table again.");
      }
    }
  }

  private static void refuseHiddenRequired(StoredTable table, Overlay overlay) {
    for (Column column : table.physical().columns()) {
      if (overlay.hiddenColumns().contains(column.name())
          && !column.nullable()
          && !column.facts().containsKey(Facts.DEFAULT)
          && !column.facts().containsKey(Facts.GENERATED)
          && !column.facts().containsKey(Facts.AUTO_INCREMENT)) {
        throw new CatalogException(
            ErrorCode.FAILED_PRECONDITION,
            "NOT_WRITABLE",
            "Table "
                + table.name()
                + " cannot be written: its overlay hides column '"
                + column.name()
                + "', which is NOT NULL and has no default. Show the column again, or give it a"
                + " default in the source.");
      }
    }
  }

  /** The overlay's values for tunable options; a fixed one was refused when it was set. */
  private static io.unifiedcatalog.server.model.Binding withOptions(
      io.unifiedcatalog.server.model.Binding binding, Map<String, String> values, TableName table) {
    List<Option> options = new ArrayList<>();
    for (Option option : binding.options()) {
      String value = values.get(option.key());
      if (value == null) {
        options.add(option);
      } else if (option.tunable()) {
        options.add(new Option(option.key(), value, option.rule(), false));
      } else {
        throw new CatalogException(
            ErrorCode.FAILED_PRECONDITION,
            "OPTION_FIXED",
            "Table "
                + table
                + " cannot be used: its overlay sets option '"
                + option.key()
                + "', which is fixed by the source. Take it out with `catalog table overlay set`.");
      }
    }
    return new io.unifiedcatalog.server.model.Binding(options, binding.artifacts());
  }

  private static Binding message(io.unifiedcatalog.server.model.Binding binding, UUID storeId) {
    Binding.Builder message = Binding.newBuilder().setStore(storeId.toString());
    for (Option option : binding.options()) {
      Binding.Option.Builder entry =
          message
              .addOptionsBuilder()
              .setKey(option.key())
              .setTunable(option.tunable())
              .setSecret(option.secret());
      if (option.rule() != null) {
        entry
            .setValuePattern(option.rule().pattern())
            .setValueDescription(option.rule().description());
      }
      if (option.value() != null) {
        entry.setValue(option.value()).setSet(true);
      }
    }
    binding
        .artifacts()
        .forEach(
            artifact ->
                message
                    .addArtifactsBuilder()
                    .setCoordinates(artifact.coordinates())
                    .setProbeClass(artifact.probeClass()));
    return message.build();
  }
}
