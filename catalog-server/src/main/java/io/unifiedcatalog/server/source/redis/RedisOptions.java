package io.unifiedcatalog.server.source.redis;

import static io.unifiedcatalog.server.source.CommonOptions.violation;

import io.unifiedcatalog.redis.RedisAddress;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.CommonOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The options of a Redis source. From them, and from nothing else, comes how the server itself and
 * an engine reach it. None of them names a file.
 *
 * @param nodes as {@code HOST:PORT}: the server, some of a cluster's, or Sentinels
 * @param sentinelMaster the name by which Sentinels know the server; empty: the nodes are none
 * @param database its number
 * @param user of the access control lists; empty: the user {@code default}
 * @param password empty: none
 * @param tlsCertificates trusted ones in PEM; empty: those that the JVM trusts
 * @param commandTimeout after which a server that does not answer is given up
 */
record RedisOptions(
    List<String> nodes,
    boolean cluster,
    String sentinelMaster,
    Secret sentinelPassword,
    int database,
    String user,
    Secret password,
    boolean tls,
    String tlsCertificates,
    Duration commandTimeout) {
  static final String KIND = "redis";

  private static final String NODES = "nodes";
  private static final String CLUSTER = "cluster";
  private static final String SENTINEL_MASTER = "sentinel-master";
  private static final String DATABASE = "database";
  private static final String USER = "user";
  private static final String TLS = "tls";
  private static final String TLS_CERTIFICATES = "tls-trusted-certificates";
  private static final String COMMAND_TIMEOUT = "command-timeout-ms";

  private static final Set<String> KEYS =
      Set.of(
          NODES, CLUSTER, SENTINEL_MASTER, DATABASE, USER, TLS, TLS_CERTIFICATES, COMMAND_TIMEOUT);

  private static final String PASSWORD = "password";
  private static final String SENTINEL_PASSWORD = "sentinel-password";
  private static final Set<String> SECRETS = Set.of(PASSWORD, SENTINEL_PASSWORD);

  private static final Pattern NODE =
      Pattern.compile("(?<host>[A-Za-z0-9_.-]+)(?::(?<port>[0-9]{1,5}))?");
  private static final String DEFAULT_PORT = "6379";
  private static final int MOST_NODES = 100;
  private static final int DEFAULT_TIMEOUT = 10_000;

  RedisOptions {
    nodes = List.copyOf(nodes);
  }

  /** The options of a source that was validated; secrets may be missing. */
  static RedisOptions of(Source source) {
    return parse(source, new ArrayList<>());
  }

  /** Reads the options; what is wrong is added to the violations and stands at its default. */
  static RedisOptions parse(Source source, List<Violation> violations) {
    Map<String, String> options = source.options();
    CommonOptions.checkKeys(KIND, options, source.secrets(), KEYS, SECRETS, violations);
    boolean cluster = isTrue(CLUSTER, options, violations);
    boolean tls = isTrue(TLS, options, violations);
    String master = options.getOrDefault(SENTINEL_MASTER, "");
    Secret sentinelPassword = secret(SENTINEL_PASSWORD, source);
    int database = number(DATABASE, 0, 0, 1_000_000, options, violations);
    String user = options.getOrDefault(USER, "");
    Secret password = secret(PASSWORD, source);
    String certificates = options.getOrDefault(TLS_CERTIFICATES, "");

    if (cluster && !master.isEmpty()) {
      violations.add(
          violation(SENTINEL_MASTER, "is not for a cluster. Leave out this, or " + CLUSTER + "."));
    }
    if (cluster && database != 0) {
      violations.add(violation(DATABASE, "must be 0: a cluster has no other. Leave it out."));
    }
    if (master.isEmpty() && !sentinelPassword.reveal().isEmpty()) {
      violations.add(
          new Violation(
              "source.secrets." + SENTINEL_PASSWORD,
              "is of no use without " + SENTINEL_MASTER + ". Set that, or leave this out."));
    }
    if (!user.isEmpty() && password.reveal().isEmpty()) {
      violations.add(
          new Violation(
              "source.secrets." + PASSWORD, "is missing. Give the password of the user."));
    }
    for (Map.Entry<String, Secret> secret : source.secrets().entrySet()) {
      if (secret.getValue().reveal().chars().anyMatch(Character::isISOControl)) {
        violations.add(
            new Violation(
                "source.secrets." + secret.getKey(),
                "has a control character in it, perhaps the end of a line. Give it without."));
      }
    }
    if (!certificates.isEmpty() && !tls) {
      violations.add(violation(TLS_CERTIFICATES, "is of no use unless " + TLS + " is true."));
    } else {
      CommonOptions.checkCertificates(TLS_CERTIFICATES, certificates, violations);
    }
    return new RedisOptions(
        nodes(options, cluster || !master.isEmpty(), violations),
        cluster,
        master,
        sentinelPassword,
        database,
        user,
        password,
        tls,
        certificates,
        Duration.ofMillis(
            number(COMMAND_TIMEOUT, DEFAULT_TIMEOUT, 100, 300_000, options, violations)));
  }

  /** Where the server's own connections go. */
  RedisAddress address() {
    return new RedisAddress(
        nodes,
        cluster,
        orNull(sentinelMaster),
        orNull(sentinelPassword.reveal()),
        database,
        orNull(user),
        orNull(password.reveal()),
        null,
        tls,
        orNull(tlsCertificates),
        commandTimeout);
  }

  /** Whether secrets go where they would have gone with other options, and as well guarded. */
  boolean isSameDestination(RedisOptions other) {
    return nodes.equals(other.nodes)
        && sentinelMaster.equals(other.sentinelMaster)
        && tls == other.tls
        && tlsCertificates.equals(other.tlsCertificates);
  }

  private static @Nullable String orNull(String text) {
    return text.isEmpty() ? null : text;
  }

  private static Secret secret(String key, Source source) {
    return source.secrets().getOrDefault(key, new Secret(""));
  }

  private static List<String> nodes(
      Map<String, String> options, boolean several, List<Violation> violations) {
    String text = options.getOrDefault(NODES, "").strip();
    if (text.isEmpty()) {
      violations.add(
          violation(
              NODES,
              "is missing. Give the server as HOST:PORT; of a cluster, or of Sentinels, some,"
                  + " separated by commas."));
      return List.of();
    }
    List<String> nodes = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      Matcher node = NODE.matcher(part.strip());
      String port =
          node.matches() && node.group("port") != null ? node.group("port") : DEFAULT_PORT;
      if (!node.matches() || Integer.parseInt(port) < 1 || Integer.parseInt(port) > 65_535) {
        violations.add(
            violation(
                NODES,
                "'" + part.strip() + "' is no address. Give HOST:PORT, separated by commas."));
      } else {
        nodes.add(node.group("host") + ":" + port);
      }
    }
    if (nodes.size() > (several ? MOST_NODES : 1)) {
      violations.add(
          violation(
              NODES,
              several
                  ? "names "
                      + nodes.size()
                      + " addresses. A few are enough, at most "
                      + MOST_NODES
                      + "."
                  : "names "
                      + nodes.size()
                      + " servers. Name one, or set "
                      + CLUSTER
                      + " to true if they are of one cluster, or "
                      + SENTINEL_MASTER
                      + " if they are Sentinels."));
    }
    return nodes;
  }

  private static boolean isTrue(
      String key, Map<String, String> options, List<Violation> violations) {
    String value = options.getOrDefault(key, "false");
    if (!Set.of("true", "false").contains(value)) {
      violations.add(violation(key, "'" + value + "' is unknown. Known values: true, false."));
    }
    return value.equals("true");
  }

  private static int number(
      String key,
      int standard,
      int least,
      int greatest,
      Map<String, String> options,
      List<Violation> violations) {
    String text = options.getOrDefault(key, String.valueOf(standard));
    if (text.matches("[0-9]{1,7}")) {
      int number = Integer.parseInt(text);
      if (number >= least && number <= greatest) {
        return number;
      }
    }
    violations.add(
        violation(
            key, "'" + text + "' is no whole number from " + least + " to " + greatest + "."));
    return standard;
  }
}
