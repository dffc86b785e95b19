package io.unifiedcatalog.server.api;

import io.unifiedcatalog.server.model.Binding;
import io.unifiedcatalog.server.model.Binding.Option;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Column;
import io.unifiedcatalog.server.model.EffectiveSchema;
import io.unifiedcatalog.server.model.Engine;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Format;
import io.unifiedcatalog.server.model.Overlay;
import io.unifiedcatalog.server.model.PhysicalTable;
import io.unifiedcatalog.server.model.Registration;
import io.unifiedcatalog.server.model.SchemaUse;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.Type;
import io.unifiedcatalog.server.schema.SchemaKind;
import io.unifiedcatalog.server.schema.SchemaKinds;
import io.unifiedcatalog.server.source.BindingRequest;
import io.unifiedcatalog.server.source.OwnConnector;
import io.unifiedcatalog.server.source.RegisteringSystem;
import io.unifiedcatalog.server.source.SourceSystem;
import io.unifiedcatalog.server.source.SourceSystems;
import io.unifiedcatalog.server.store.MetadataStore.StoredTable;
import io.unifiedcatalog.server.store.SchemaStore.AskedSchema;
import io.unifiedcatalog.server.store.SchemaStore.StoredSchema;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Turns registrations into tables, and the schemas that tables use into formats. */
final class RegisteredTables {
  /**
   * What Flink hides when it prints options (GlobalConfiguration.SENSITIVE_KEYS of 1.20 to 2.3): a
   * key that holds one of these, in any case.
   */
  private static final List<String> SENSITIVE =
      List.of(
          "password",
          "secret",
          "fs.azure.account.key",
          "apikey",
          "api-key",
          "auth-params",
          "service-key",
          "token",
          "basic-auth",
          "jaas.config",
          "http-headers");

  /**
   * A user, or a user and a password, before the host of a url; or a secret among its parameters,
   * or in the parentheses in which MySQL's driver takes them: {@code address=(host=h)(password=x)}.
   */
  private static final Pattern USER_INFO =
      Pattern.compile(
          "[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9+.-]*:)*//[^/?#\\s]*@"
              + "|[?&;,({\\s]\\s*(?i:[a-z_.-]*(?:password|passwd|pwd|secret|api_?key|token))\\s*=",
          Pattern.DOTALL);

  private static final int GREATEST_NAME = 255;

  private RegisteredTables() {}

  /** Options that hold a secret, which no table may. */
  static List<Violation> secrets(Map<String, String> options) {
    List<Violation> violations = new ArrayList<>();
    options.forEach(
        (key, value) -> {
          String lower = key.toLowerCase(Locale.ROOT);
          if (SENSITIVE.stream().anyMatch(lower::contains)) {
            violations.add(
                new Violation(
                    "registration.options." + key,
                    "is a secret, and a table shows its options to everybody. Give it to the source:"
                        + " `catalog source add` and `catalog source update` keep it sealed"));
          } else if (USER_INFO.matcher(value).find() || USER_INFO.matcher(decoded(value)).find()) {
            violations.add(
                new Violation(
                    "registration.options." + key,
                    "is a url with a user or a password in it, and a table shows its options to"
                        + " everybody. Leave it out, and give it to the source (`catalog source"
                        + " add`), which keeps it sealed"));
          }
        });
    return violations;
  }

  /** A driver takes {@code %70assword} for {@code password}. */
  private static String decoded(String url) {
    try {
      return URLDecoder.decode(url, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      // No driver decodes it either.
      return url;
    }
  }

  /**
   * The table that a registration makes.
   *
   * @param asked the schemas as they were asked for
   * @param schemas by role, what they are
   * @param given the columns that were given themselves
   * @param ownConnectorPaths what {@link OwnConnector#violations} takes
   * @throws CatalogException INVALID_ARGUMENT with every violation
   */
  static PhysicalTable table(
      Source source,
      String name,
      Map<String, String> options,
      List<AskedSchema> asked,
      Map<String, StoredSchema> schemas,
      List<Column> given,
      String comment,
      List<String> ownConnectorPaths) {
    SourceSystem system = SourceSystems.get(source.kind());
    if (!(system instanceof RegisteringSystem registering)) {
      throw new CatalogException(
          ErrorCode.FAILED_PRECONDITION,
          "NOT_REGISTERED",
          "Table '"
              + name
              + "' is not registered: its database is of source '"
              + source.name()
              + "' of kind "
              + source.kind()
              + ", whose tables come from crawls. Create the table there, then run `catalog crawl run "
              + source.name()
              + "`.");
    }
    List<Violation> violations = new ArrayList<>(secrets(options));
    // A crawled name is as good as its source's; this one comes from anybody.
    if (name.length() > GREATEST_NAME || name.chars().anyMatch(Character::isISOControl)) {
      violations.add(
          new Violation(
              "name.table",
              "is no name of a table: use at most "
                  + GREATEST_NAME
                  + " characters, none of them a control character"));
      throw CatalogException.invalid("The table is not valid", violations);
    }
    if (options.containsKey(Registration.CONNECTOR)) {
      if (!asked.isEmpty()) {
        violations.add(
            new Violation(
                "registration.schemas",
                "cannot be used by a table with a connector of its own; leave the option"
                    + " 'connector' out to use those of source '"
                    + source.name()
                    + "'"));
      }
      Set<String> secret = violations.stream().map(Violation::field).collect(Collectors.toSet());
      OwnConnector.violations(options, ownConnectorPaths).stream()
          .filter(violation -> !secret.contains(violation.field()))
          .forEach(violations::add);
      violations.addAll(columnViolations(given, true));
      if (!violations.isEmpty()) {
        throw CatalogException.invalid("Table '" + name + "' is not valid", violations);
      }
      return physical(name, given, new Registration(options, List.of()), comment);
    }
    List<SchemaUse> uses = new ArrayList<>();
    Map<String, List<Column>> columns = new HashMap<>();
    for (AskedSchema use : asked) {
      StoredSchema schema = schemas.get(use.role());
      if (schema == null || !registering.schemaRoles().contains(use.role())) {
        violations.add(
            new Violation(
                "registration.schemas",
                "have a role '"
                    + use.role()
                    + "', which "
                    + source.kind()
                    + " does not know. Roles: "
                    + String.join(", ", registering.schemaRoles())));
        continue;
      }
      try {
        SchemaUse resolved = use(use, schema);
        uses.add(resolved);
        columns.put(use.role(), columns(resolved, schema, options));
      } catch (CatalogException e) {
        if (e.violations().isEmpty()) {
          violations.add(new Violation("registration.schemas." + use.role(), e.getMessage()));
        }
        violations.addAll(e.violations());
      }
    }
    violations.addAll(columnViolations(given, asked.isEmpty()));
    Limits.most(
        "registration.schemas",
        "columns of all schemas together",
        columns.values().stream().mapToInt(List::size).sum(),
        Registration.MAX_COLUMNS,
        violations);
    if (!violations.isEmpty()) {
      throw CatalogException.invalid("Table '" + name + "' is not valid", violations);
    }
    return registering.table(name, new Registration(options, uses), columns, given, comment);
  }

  private static SchemaUse use(AskedSchema use, StoredSchema schema) {
    return new SchemaUse(
        use.role(),
        schema.subjectId(),
        schema.subject(),
        schema.version(),
        use.version() != 0,
        SchemaKinds.get(schema.kind()).message(schema.compiled(), use.message()));
  }

  private static List<Column> columns(
      SchemaUse use, StoredSchema schema, Map<String, String> options) {
    SchemaKind kind = SchemaKinds.get(schema.kind());
    return kind.columns(schema.compiled(), use.message(), formatOptions(options, use.role(), kind));
  }

  /**
   * A table as it is with other versions of its schemas.
   *
   * @param schemas by role, all that it uses
   * @throws CatalogException if it cannot be so
   */
  static PhysicalTable follow(StoredTable table, Map<String, StoredSchema> schemas) {
    PhysicalTable physical = table.physical();
    Registration registration = physical.registration();
    if (registration == null) {
      throw new IllegalArgumentException(table.name() + " is not registered");
    }
    List<AskedSchema> asked =
        registration.schemas().stream()
            .map(
                use ->
                    new AskedSchema(
                        use.role(), use.subject(), use.pinned() ? use.version() : 0, use.message()))
            .toList();
    return table(
        table.source(),
        physical.name(),
        registration.options(),
        asked,
        schemas,
        ownColumns(table.source(), physical, registration.options()),
        physical.comment(),
        List.of());
  }

  /** What of a registered table stays with it, as {@link RegisteringSystem#ownColumns} says. */
  static List<Column> ownColumns(
      Source source, PhysicalTable physical, Map<String, String> options) {
    return SourceSystems.get(source.kind()) instanceof RegisteringSystem registering
        ? registering.ownColumns(physical, options)
        : List.of();
  }

  private static List<Violation> columnViolations(List<Column> given, boolean needed) {
    List<Violation> violations = new ArrayList<>();
    if (needed && given.isEmpty()) {
      violations.add(
          new Violation("columns", "are missing: name a schema, or give the columns themselves"));
    }
    Set<String> names = new HashSet<>();
    for (Column column : given) {
      if (column.name().isBlank()) {
        violations.add(new Violation("columns", "a column has no name"));
      } else if (!names.add(column.name())) {
        violations.add(new Violation("columns", "column `" + column.name() + "` is named twice"));
      }
      try {
        Type.parse(column.nativeType());
      } catch (CatalogException e) {
        violations.add(new Violation("columns." + column.name(), e.getMessage()));
      }
    }
    return violations;
  }

  private static PhysicalTable physical(
      String name, List<Column> columns, Registration registration, String comment) {
    return new PhysicalTable(
        name,
        PhysicalTable.Kind.TABLE,
        columns,
        null,
        List.of(),
        List.of(),
        comment,
        Map.of(),
        registration);
  }

  /** The options of a table for the format of a schema of some kind, without their prefix. */
  private static Map<String, String> formatOptions(
      Map<String, String> options, String role, SchemaKind kind) {
    String prefix = role + "." + kind.formatIdentifier() + ".";
    Map<String, String> own = new LinkedHashMap<>();
    options.forEach(
        (key, value) -> {
          if (key.startsWith(prefix)) {
            own.put(key.substring(prefix.length()), value);
          }
        });
    return own;
  }

  /**
   * How an engine reaches a table, without the values of its overlay's options.
   *
   * @param source with its secrets, unless only the keys of the options are of interest
   * @param effective what the engine sees of the table
   * @param schemas what the table uses; not asked for one that uses none
   * @param versions all versions of a subject that the table uses, deleted ones too; not asked
   *     unless its records may be of any of them
   */
  static Binding binding(
      Source source,
      String nativeDatabase,
      PhysicalTable physical,
      @Nullable Overlay overlay,
      EffectiveSchema effective,
      Binding.Role role,
      Binding.RuntimeMode mode,
      Engine engine,
      Function<SchemaUse, StoredSchema> schemas,
      Function<SchemaUse, List<StoredSchema>> versions) {
    Registration registration = physical.registration();
    if (registration != null && registration.hasOwnConnector()) {
      return ownBinding(registration);
    }
    return SourceSystems.get(source.kind())
        .binding(
            new BindingRequest(
                source,
                nativeDatabase,
                EffectiveSchema.visible(physical, overlay),
                effective.primaryKey(),
                formats(registration, engine, schemas, versions),
                role,
                mode,
                engine,
                effective.isReordered(physical)));
  }

  /** The formats of the schemas that a table uses, by role. Empty for one that a crawl found. */
  private static Map<String, Format> formats(
      @Nullable Registration registration,
      Engine engine,
      Function<SchemaUse, StoredSchema> schemas,
      Function<SchemaUse, List<StoredSchema>> versions) {
    if (registration == null) {
      return Map.of();
    }
    Map<String, Format> formats = new HashMap<>();
    for (SchemaUse use : registration.schemas()) {
      StoredSchema schema = schemas.apply(use);
      SchemaKind kind = SchemaKinds.get(schema.kind());
      formats.put(
          use.role(),
          kind.format(
              schema.compiled(),
              use.message(),
              schema.id(),
              () ->
                  versions.apply(use).stream()
                      .map(version -> new SchemaKind.Written(version.id(), version.compiled()))
                      .toList(),
              formatOptions(registration.options(), use.role(), kind),
              engine));
    }
    return formats;
  }

  /** How an engine reaches a table that has a connector of its own: as it says. */
  private static Binding ownBinding(Registration registration) {
    return new Binding(
        registration.options().entrySet().stream()
            .map(option -> Option.fixed(option.getKey(), option.getValue()))
            .toList(),
        List.of());
  }
}
