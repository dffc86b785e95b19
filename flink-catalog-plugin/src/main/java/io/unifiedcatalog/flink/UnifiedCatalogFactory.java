package io.unifiedcatalog.flink;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.Catalog;
import org.apache.flink.table.factories.CatalogFactory;
import org.apache.flink.table.factories.FactoryUtil;

/** Makes the catalog of {@code CREATE CATALOG ... WITH ('type' = 'unified', ...)}. */
public final class UnifiedCatalogFactory implements CatalogFactory {
  /** The value of the option {@code type}. */
  public static final String IDENTIFIER = "unified";

  /** Where the catalog server is, {@code host:port}. Not set: UNIFIED_ENDPOINT. */
  public static final ConfigOption<String> ENDPOINT =
      ConfigOptions.key("endpoint")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Where the catalog server is, host:port. Not set: the environment variable"
                  + " UNIFIED_ENDPOINT.");

  /** The database to start in. Not set: none, and tables are named with their database. */
  public static final ConfigOption<String> DEFAULT_DATABASE =
      ConfigOptions.key("default-database")
          .stringType()
          .noDefaultValue()
          .withDescription("The database to start in. Not set: none, until USE names one.");

  /** A file with the token that the server wants. Not set: UNIFIED_TOKEN_FILE. */
  public static final ConfigOption<String> TOKEN_FILE =
      ConfigOptions.key("token-file")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "A file with the token that may resolve bindings. Not set: the environment variable"
                  + " UNIFIED_TOKEN_FILE if the endpoint is that of UNIFIED_ENDPOINT, else no token"
                  + " is sent.");

  /** How old the statistics of a table may be. */
  public static final ConfigOption<Duration> CACHE_TTL =
      ConfigOptions.key("cache-ttl")
          .durationType()
          .defaultValue(Duration.ofSeconds(10))
          .withDescription(
              "How old the statistics of a table may be; 0: ask each time. Names and schemas are"
                  + " always asked for.");

  @Override
  public String factoryIdentifier() {
    return IDENTIFIER;
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of();
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    return Set.of(ENDPOINT, DEFAULT_DATABASE, TOKEN_FILE, CACHE_TTL);
  }

  @Override
  public Catalog createCatalog(Context context) {
    FactoryUtil.CatalogFactoryHelper helper = FactoryUtil.createCatalogFactoryHelper(this, context);
    helper.validate();
    ReadableConfig options = helper.getOptions();
    Duration ttl = options.get(CACHE_TTL);
    if (ttl.isNegative()) {
      throw new ValidationException(
          String.format(
              "Option 'cache-ttl' of catalog '%s' is negative. Use '0 s' for no cache.",
              context.getName()));
    }
    Connection connection =
        Connection.ofCatalog(
            context.getName(),
            options.getOptional(ENDPOINT).orElse(null),
            options.getOptional(TOKEN_FILE).orElse(null),
            System.getenv());
    String defaultDatabase = options.getOptional(DEFAULT_DATABASE).orElse(null);
    // Not in open(): when ALTER CATALOG opens the new catalog, Flink has removed the old one.
    List<String> databases;
    try (CatalogClient client = new CatalogClient(connection)) {
      databases = client.databases();
    }
    if (defaultDatabase != null && !databases.contains(defaultDatabase)) {
      throw new ValidationException(
          String.format(
              "The catalog server at %s has no database '%s', which option 'default-database' of"
                  + " catalog '%s' names. Check its spelling, or leave the option out and run SHOW"
                  + " DATABASES.",
              connection.endpoint(), defaultDatabase, context.getName()));
    }
    return new UnifiedCatalog(
        context.getName(), defaultDatabase, connection, ttl, databases, context.getClassLoader());
  }
}
