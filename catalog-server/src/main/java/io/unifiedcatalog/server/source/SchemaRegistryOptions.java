package io.unifiedcatalog.server.source;

import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The options of a source by which it names the Confluent-compatible registry of its schemas.
 *
 * @param url without a slash at its end
 * @param user empty: none is asked for
 */
public record SchemaRegistryOptions(String url, String user, Secret password) {
  public static final String URL = "schema-registry-url";
  public static final String USER = "schema-registry-user";

  /** A secret. */
  public static final String PASSWORD = "schema-registry-password";

  /** The keys of these options. */
  public static final Set<String> KEYS = Set.of(URL, USER);

  /** The registry of a source that was validated; empty if it names none. */
  public static Optional<SchemaRegistryOptions> of(Source source) {
    return parse(source.options(), source.secrets(), new ArrayList<>());
  }

  /** Reads the options; what is wrong is added to the violations. */
  public static Optional<SchemaRegistryOptions> parse(
      Map<String, String> options, Map<String, Secret> secrets, List<Violation> violations) {
    String url = options.getOrDefault(URL, "");
    String user = options.getOrDefault(USER, "");
    Secret password = secrets.getOrDefault(PASSWORD, new Secret(""));
    if (url.isEmpty() && !user.isEmpty()) {
      violations.add(
          CommonOptions.violation(USER, "is of no use without " + URL + ". Set that, too."));
    }
    if (user.isEmpty() && !password.reveal().isEmpty()) {
      violations.add(
          new Violation(
              "source.secrets." + PASSWORD,
              "is of no use without the option " + USER + ". Set that, too."));
    }
    if (user.contains(":") || user.chars().anyMatch(Character::isISOControl)) {
      violations.add(
          CommonOptions.violation(
              USER, "has a colon or a control character in it, which HTTP does not allow."));
    }
    if (url.isEmpty()) {
      return Optional.empty();
    }
    try {
      URI uri = new URI(url);
      if (uri.getRawUserInfo() != null) {
        // The url is not shown: a password may be in it.
        violations.add(
            CommonOptions.violation(
                URL,
                "names a user. Give the option " + USER + " and the secret " + PASSWORD + "."));
        return Optional.empty();
      }
      String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
      if ((scheme.equals("http") || scheme.equals("https"))
          && uri.getHost() != null
          && uri.getRawQuery() == null
          && uri.getRawFragment() == null) {
        return Optional.of(
            new SchemaRegistryOptions(
                url.endsWith("/") ? url.substring(0, url.length() - 1) : url, user, password));
      }
    } catch (URISyntaxException e) {
      // As for one of another kind.
    }
    violations.add(
        CommonOptions.violation(
            URL, "is no url of a registry. Give one like https://registry.example:8081."));
    return Optional.empty();
  }
}
