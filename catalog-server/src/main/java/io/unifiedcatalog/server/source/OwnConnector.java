package io.unifiedcatalog.server.source;

import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Registration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What a table with a connector of its own may say. Whoever selects from it runs its connector with
 * their rights and on their machine: so no option may name a class to load, a file of that machine,
 * or a property of a client or driver that a source may not set either.
 */
public final class OwnConnector {
  /** Options by which connectors and formats load a class, or reach a second system. */
  private static final Pattern REFUSED_KEY =
      Pattern.compile(
          "(?i).*(?:class(?:es|[.-]?name)?|callback\\.handler|deserializer|serializer|interceptors?"
              + "|metric\\.reporters|\\.providers?|jaas.*|truststore\\.(?:location|password)"
              + "|keystore.*|ssl\\.key.*|engine\\.factory|class-?loader.*|classpath|jars?|init-?sql"
              + "|(?:avro-confluent|debezium-avro-confluent)\\.(?:.*\\.)?(?:url|properties.*"
              + "|basic-auth.*|bearer-auth.*|ssl.*))");

  /** Options whose value is a place in a file system. */
  private static final Pattern PLACE_KEY =
      Pattern.compile(
          "(?i)(?:.*[.-])?(?:path|paths|location|dir|directory|warehouse|file|files|folder)");

  private static final Pattern LOCAL =
      Pattern.compile(
          "(?i)(?:.*[^a-z0-9+.-])?(?:file|jar|classpath|local|zip|res):.*", Pattern.DOTALL);

  private static final Pattern REMOTE = Pattern.compile("(?i)[a-z][a-z0-9+.-]{1,20}://[^/].*");

  private OwnConnector() {}

  /**
   * What is wrong with the options of such a table.
   *
   * @param paths directories of the reading machine that may be named, absolute, without a final
   *     slash
   * @return with fields like {@code registration.options.path}; empty if nothing is
   */
  public static List<Violation> violations(Map<String, String> options, List<String> paths) {
    List<Violation> violations = new ArrayList<>();
    boolean known = false;
    for (SourceSystem system : SourceSystems.all()) {
      List<Violation> ofSystem = system.ownConnectorViolations(options);
      if (ofSystem != null) {
        violations.addAll(ofSystem);
        known = true;
        // More than one kind may be read by a connector and a url; they share its rules.
        break;
      }
    }
    String connector = options.getOrDefault(Registration.CONNECTOR, "");
    if (!known && connector.toLowerCase(Locale.ROOT).contains("jdbc")) {
      violations.add(
          violation(
              "url",
              "is not a url of a system that the catalog knows the safe options of. Use one of the"
                  + " form jdbc:mysql://HOST:PORT/DATABASE, jdbc:postgresql://HOST:PORT/DATABASE or"
                  + " jdbc:clickhouse://HOST:PORT/DATABASE"));
    }
    options.forEach(
        (key, value) -> {
          if (REFUSED_KEY.matcher(key).matches()) {
            violations.add(
                violation(
                    key,
                    "is refused: with it, whoever reads the table could load a class or reach"
                        + " another system. Add a source with `catalog source add` instead"));
          } else if (isLocal(key, value) && paths.stream().noneMatch(path -> isIn(path, value))) {
            violations.add(
                violation(
                    key,
                    "names a file of the machine that reads the table. Use a remote file system, or"
                        + " let an administrator allow the directory with --own-connector-paths"));
          }
        });
    return violations;
  }

  private static boolean isLocal(String key, String value) {
    if (LOCAL.matcher(value).matches()) {
      return true;
    }
    if (PLACE_KEY.matcher(key).matches()) {
      return !REMOTE.matcher(value).matches();
    }
    return value.length() > 1 && (value.startsWith("/") || value.startsWith("~"));
  }

  private static boolean isIn(String directory, String value) {
    String path = value.replaceFirst("(?i)^file:(?://)?(?=/)", "");
    return (path.equals(directory) || path.startsWith(directory + "/"))
        && !Pattern.compile("(?:^|/)\\.\\.(?:/|$)|%|[,;]").matcher(path).find();
  }

  /** A violation of an option of a registration. */
  public static Violation violation(String key, String message) {
    return new Violation("registration.options." + key, message);
  }
}
