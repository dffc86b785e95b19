package io.unifiedcatalog.server.source.jdbc;

import static io.unifiedcatalog.server.source.CommonOptions.violation;

import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.CommonOptions;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The options that every source over JDBC has.
 *
 * @param host a name, or an address, which stands in brackets if it has colons
 * @param properties of the driver, set by people
 */
public record JdbcOptions(
    CommonOptions common,
    String host,
    int port,
    String user,
    Secret password,
    Map<String, String> properties) {
  private static final String PASSWORD = "password";
  private static final String PROPERTY = "property.";
  private static final Set<String> KEYS = Set.of("host", "port", "user");

  /**
   * Neither of them may end the host's part of a url: the driver would take what follows for a
   * second host, a database or properties.
   */
  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9_.-]+|\\[?[0-9A-Fa-f:.%]+]?");

  public JdbcOptions {
    properties = Map.copyOf(properties);
  }

  /** Reads the options; what is wrong is added to the violations and stands at its default. */
  public static JdbcOptions parse(JdbcKind kind, Source source, List<Violation> violations) {
    Map<String, String> options = source.options();
    CommonOptions common = CommonOptions.parse(options, violations);

    String host = options.getOrDefault("host", "");
    if (host.isEmpty()) {
      violations.add(
          violation(
              "host",
              "is missing. Give the name or address of the " + kind.systemName() + " server."));
    } else if (!HOST.matcher(host).matches()) {
      violations.add(
          violation(
              "host", "'" + host + "' is no host name and no address. Give one, without port."));
    }
    if (host.contains(":") && !host.startsWith("[")) {
      host = "[" + host + "]";
    }

    int port = port("port", kind.defaultPort(), source, violations);

    String user = options.getOrDefault("user", "");
    if (user.isEmpty()) {
      violations.add(violation("user", "is missing. Give the user to connect as."));
    }

    Map<String, String> properties = new TreeMap<>();
    options.forEach(
        (key, value) -> {
          if (key.startsWith(PROPERTY)) {
            String property = key.substring(PROPERTY.length());
            String refusal = kind.refusal(property);
            if (refusal.isEmpty() && property.matches("(?i).*timeout") && value.matches("-.*|0+")) {
              refusal =
                  "must be more than 0: a source that does not answer would be waited for ever.";
            }
            if (refusal.isEmpty()) {
              properties.put(property, value);
            } else {
              violations.add(violation(key, refusal));
            }
          } else if (key.equals(PASSWORD)) {
            violations.add(
                violation(key, "is a secret. Give it among the secrets, not among the options."));
          } else if (key.equals("url")) {
            violations.add(
                violation(
                    key,
                    "is not taken: the catalog makes the url. Set host, port and property.NAME."));
          } else if (!KEYS.contains(key)
              && !kind.optionKeys().contains(key)
              && !CommonOptions.KEYS.contains(key)) {
            Set<String> known = new TreeSet<>(KEYS);
            known.addAll(kind.optionKeys());
            known.addAll(CommonOptions.KEYS);
            violations.add(
                violation(
                    key,
                    "is no option of a "
                        + kind.name()
                        + " source. Known options: "
                        + String.join(", ", known)
                        + ", property.NAME."));
          }
        });

    source
        .secrets()
        .keySet()
        .forEach(
            key -> {
              if (!key.equals(PASSWORD)) {
                violations.add(
                    new Violation(
                        "source.secrets." + key,
                        "is no secret of a " + kind.name() + " source. Known secrets: password."));
              }
            });
    Secret password = source.secrets().getOrDefault(PASSWORD, new Secret(""));
    return new JdbcOptions(common, host, port, user, password, properties);
  }

  /** Reads an option that is a port. */
  public static int port(String key, int preset, Source source, List<Violation> violations) {
    String text = source.options().getOrDefault(key, "" + preset);
    if (text.matches("[0-9]{1,5}")
        && Integer.parseInt(text) >= 1
        && Integer.parseInt(text) <= 65535) {
      return Integer.parseInt(text);
    }
    violations.add(
        violation(key, "'" + text + "' is no port. Give a whole number from 1 to 65535."));
    return preset;
  }

  /**
   * Reads an option that has two values.
   *
   * @return whether it has the first of them
   */
  public static boolean choice(
      String key,
      String standard,
      String yes,
      String no,
      Source source,
      List<Violation> violations) {
    String value = source.options().getOrDefault(key, standard);
    if (!value.equals(yes) && !value.equals(no)) {
      violations.add(
          violation(key, "'" + value + "' is unknown. Known values: " + yes + ", " + no + "."));
      return standard.equals(yes);
    }
    return value.equals(yes);
  }

  /** Host and port, for messages and urls. */
  public String address() {
    return host + ":" + port;
  }

  /** Whether the password goes to the same server, and is as well guarded on its way. */
  public boolean isSameDestination(JdbcOptions other) {
    return address().equals(other.address()) && properties.equals(other.properties);
  }

  /**
   * A url of the form that most drivers take, {@code PREFIX://HOST:PORT/DATABASE?NAME=VALUE&...}.
   *
   * @param prefix as in {@code jdbc:mysql}
   */
  public String url(String prefix, String database, Map<String, String> all) {
    StringBuilder url =
        new StringBuilder(prefix)
            .append("://")
            .append(address())
            .append('/')
            .append(encode(database));
    char separator = '?';
    for (Map.Entry<String, String> property : all.entrySet()) {
      url.append(separator)
          .append(property.getKey())
          .append('=')
          .append(encode(property.getValue()));
      separator = '&';
    }
    return url.toString();
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
