package io.unifiedcatalog.flink;

import io.unifiedcatalog.local.ProtectedFile;
import io.unifiedcatalog.local.UnsafeFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.apache.flink.table.api.ValidationException;
import org.jspecify.annotations.Nullable;

/**
 * Where the catalog server is and what shows it who asks. The two are made together and stay
 * together: a token is sent to no other endpoint than the one it was configured with.
 *
 * @param host a name or an address, IPv6 without brackets
 * @param token null: none is configured; then only a server that the same user runs on this machine
 *     is sent one, that which it left for its endpoint (see {@link
 *     io.unifiedcatalog.local.LocalServer})
 * @param origin what set the endpoint, for messages, as in {@code option 'endpoint' of catalog 'c'}
 */
record Connection(String host, int port, @Nullable String token, String origin) {
  static final String ENDPOINT_VARIABLE = "UNIFIED_ENDPOINT";
  static final String TOKEN_FILE_VARIABLE = "UNIFIED_TOKEN_FILE";

  private static final String TABLE_OPTIONS =
      "the table's option '" + TableReference.ENDPOINT + "'";

  /**
   * The connection of a catalog. Options win over the environment; the environment's token goes
   * only to the environment's endpoint.
   *
   * @param endpoint null: the environment's
   * @param tokenFile null: the environment's, if the endpoint is the environment's, too
   */
  static Connection ofCatalog(
      String catalog,
      @Nullable String endpoint,
      @Nullable String tokenFile,
      Map<String, String> environment) {
    String environmentEndpoint = environment.get(ENDPOINT_VARIABLE);
    String chosen = endpoint != null ? endpoint : environmentEndpoint;
    if (chosen == null) {
      throw new ValidationException(
          String.format(
              "Catalog '%s' has no endpoint. Set its option 'endpoint' = 'host:port', or the"
                  + " environment variable %s.",
              catalog, ENDPOINT_VARIABLE));
    }
    String origin =
        endpoint != null
            ? String.format("option 'endpoint' of catalog '%s'", catalog)
            : "the environment variable " + ENDPOINT_VARIABLE;
    String token = null;
    if (tokenFile != null) {
      token = readToken(tokenFile, String.format("option 'token-file' of catalog '%s'", catalog));
    } else if (chosen.equals(environmentEndpoint)) {
      token = environmentToken(environment);
    }
    return of(chosen, token, origin);
  }

  /** The connection that the environment names, or null if it names none. */
  static @Nullable Connection ofEnvironment(Map<String, String> environment) {
    String endpoint = environment.get(ENDPOINT_VARIABLE);
    return endpoint == null
        ? null
        : of(
            endpoint,
            environmentToken(environment),
            "the environment variable " + ENDPOINT_VARIABLE);
  }

  /**
   * The connection that a table's own options name. Anyone can write these, so no configured token
   * goes there.
   */
  static Connection ofTableOptions(String endpoint) {
    return of(endpoint, null, TABLE_OPTIONS);
  }

  /** Whether a table's own options name it. */
  boolean isOfTableOptions() {
    return origin.equals(TABLE_OPTIONS);
  }

  /** {@code host:port}, as it is written in options. */
  String endpoint() {
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
  }

  /** Never shows the token. */
  @Override
  public String toString() {
    return endpoint() + " (" + origin + ")";
  }

  private static Connection of(String endpoint, @Nullable String token, String origin) {
    int colon = endpoint.lastIndexOf(':');
    String host = colon < 0 ? "" : endpoint.substring(0, colon).trim();
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      host = "";
    }
    int port = 0;
    try {
      port = Integer.parseInt(endpoint.substring(colon + 1).trim());
    } catch (NumberFormatException e) {
      // The check below says it.
    }
    if (host.isEmpty() || host.indexOf('/') >= 0 || port < 1 || port > 65535) {
      throw new ValidationException(
          String.format(
              "The endpoint '%s' of %s is not of the form host:port, as in 'localhost:8431' or"
                  + " '[::1]:8431'.",
              endpoint, origin));
    }
    return new Connection(host, port, token, origin);
  }

  private static @Nullable String environmentToken(Map<String, String> environment) {
    String file = environment.get(TOKEN_FILE_VARIABLE);
    return file == null ? null : readToken(file, "the environment variable " + TOKEN_FILE_VARIABLE);
  }

  private static String readToken(String file, String origin) {
    String token;
    try {
      token = ProtectedFile.read(Path.of(file)).trim();
    } catch (UnsafeFileException e) {
      throw new ValidationException(
          String.format("The token file %s of %s.", e.getMessage(), origin));
    } catch (IOException | IllegalArgumentException e) {
      throw new ValidationException(
          String.format(
              "The token file '%s' of %s cannot be read (%s). It must be a file that this process"
                  + " can read, with the token as its only line.",
              file, origin, e.getClass().getSimpleName()));
    }
    // Anything else cannot be sent in a header; the text itself is not shown.
    if (token.isEmpty() || !token.chars().allMatch(c -> c > ' ' && c < 127)) {
      throw new ValidationException(
          String.format(
              "The token file '%s' of %s is empty or not a token: it must hold one line of visible"
                  + " ASCII characters.",
              file, origin));
    }
    return token;
  }
}
