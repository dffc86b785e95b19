package io.unifiedcatalog.server.source.kafka;

import static io.unifiedcatalog.server.source.CommonOptions.violation;

import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.source.CommonOptions;
import io.unifiedcatalog.server.source.SchemaRegistryOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The options of a Kafka source. From them, and from nothing else, come the properties of the
 * clients that reach the cluster, the server's own and an engine's. None of them names a file, and
 * none a class but the two login modules of Kafka's that take a user and a password.
 *
 * @param addresses of the brokers to begin with
 * @param saslMechanism empty: no SASL
 * @param user of SASL
 * @param password of SASL
 * @param truststoreCertificates PEM; empty: the authorities that a JVM trusts
 * @param verifiesHostName whether a broker's certificate must be for its name
 * @param keystoreCertificateChain PEM, the client's own; empty: none
 * @param keystoreKey PEM, the key of that certificate
 * @param keyPassword opens that key; empty: it is not locked
 * @param requestTimeout after which a broker that does not answer is given up
 * @param registry where schemas are, if the source says so
 */
record KafkaOptions(
    List<Address> addresses,
    SecurityProtocol securityProtocol,
    String saslMechanism,
    String user,
    Secret password,
    String truststoreCertificates,
    boolean verifiesHostName,
    String keystoreCertificateChain,
    Secret keystoreKey,
    Secret keyPassword,
    Duration requestTimeout,
    Optional<SchemaRegistryOptions> registry) {
  static final String KIND = "kafka";

  private static final String BOOTSTRAP_SERVERS = "bootstrap-servers";
  private static final String SECURITY_PROTOCOL = "security-protocol";
  private static final String SASL_MECHANISM = "sasl-mechanism";
  private static final String USER = "user";
  private static final String TRUSTSTORE_CERTIFICATES = "ssl-truststore-certificates";
  private static final String ENDPOINT_IDENTIFICATION = "ssl-endpoint-identification";
  private static final String KEYSTORE_CERTIFICATE_CHAIN = "ssl-keystore-certificate-chain";
  private static final String REQUEST_TIMEOUT = "request-timeout-ms";

  private static final Set<String> KEYS =
      new TreeSet<>(
          List.of(
              BOOTSTRAP_SERVERS,
              SECURITY_PROTOCOL,
              SASL_MECHANISM,
              USER,
              TRUSTSTORE_CERTIFICATES,
              ENDPOINT_IDENTIFICATION,
              KEYSTORE_CERTIFICATE_CHAIN,
              REQUEST_TIMEOUT,
              SchemaRegistryOptions.URL,
              SchemaRegistryOptions.USER));

  private static final String PASSWORD = "password";
  private static final String KEYSTORE_KEY = "ssl-keystore-key";
  private static final String KEY_PASSWORD = "ssl-key-password";

  private static final Set<String> SECRETS =
      new TreeSet<>(List.of(PASSWORD, KEYSTORE_KEY, KEY_PASSWORD, SchemaRegistryOptions.PASSWORD));

  private static final String PLAIN = "PLAIN";
  private static final Set<String> SCRAM = new TreeSet<>(List.of("SCRAM-SHA-256", "SCRAM-SHA-512"));

  private static final Pattern ADDRESS =
      Pattern.compile("(?<host>[A-Za-z0-9_.-]+|\\[[0-9A-Fa-f:.]+]):(?<port>[0-9]{1,5})");
  private static final int GREATEST_ADDRESSES = 100;

  private static final Pattern PRIVATE_KEY =
      Pattern.compile(
          "-----BEGIN (?<type>(?:ENCRYPTED )?PRIVATE KEY)-----[A-Za-z0-9+/=\\s]+-----END \\k<type>-----");

  /** A broker's. */
  record Address(String host, int port) {
    @Override
    public String toString() {
      return host + ":" + port;
    }
  }

  /** How a broker is spoken with; the names are Kafka's. */
  enum SecurityProtocol {
    PLAINTEXT(false, false),
    SSL(true, false),
    SASL_PLAINTEXT(false, true),
    SASL_SSL(true, true);

    private final boolean ssl;
    private final boolean sasl;

    SecurityProtocol(boolean ssl, boolean sasl) {
      this.ssl = ssl;
      this.sasl = sasl;
    }

    boolean isSsl() {
      return ssl;
    }

    boolean isSasl() {
      return sasl;
    }
  }

  /** A property of a client. */
  record Property(String key, String value, boolean secret) {
    @Override
    public String toString() {
      return key + "=" + (secret ? "***" : value);
    }
  }

  KafkaOptions {
    addresses = List.copyOf(addresses);
  }

  /** The options of a source that was validated; secrets may be missing. */
  static KafkaOptions of(Source source) {
    return parse(source, new ArrayList<>());
  }

  /** Reads the options; what is wrong is added to the violations and stands at its default. */
  static KafkaOptions parse(Source source, List<Violation> violations) {
    Map<String, String> options = source.options();
    Map<String, Secret> secrets = source.secrets();
    checkKeys(options, secrets, violations);

    SecurityProtocol protocol = securityProtocol(options, violations);
    String mechanism = options.getOrDefault(SASL_MECHANISM, "");
    String user = options.getOrDefault(USER, "");
    Secret password = secrets.getOrDefault(PASSWORD, new Secret(""));
    if (protocol.sasl) {
      checkSasl(mechanism, user, password, violations);
    } else {
      for (String key : List.of(SASL_MECHANISM, USER)) {
        refuseUnless(options.containsKey(key), key, "SASL_PLAINTEXT or SASL_SSL", violations);
      }
      refuseSecretUnless(secrets, PASSWORD, "SASL_PLAINTEXT or SASL_SSL", violations);
      mechanism = "";
    }

    String truststore = options.getOrDefault(TRUSTSTORE_CERTIFICATES, "");
    String chain = options.getOrDefault(KEYSTORE_CERTIFICATE_CHAIN, "");
    Secret key = secrets.getOrDefault(KEYSTORE_KEY, new Secret(""));
    if (protocol.ssl) {
      CommonOptions.checkCertificates(TRUSTSTORE_CERTIFICATES, truststore, violations);
      CommonOptions.checkCertificates(KEYSTORE_CERTIFICATE_CHAIN, chain, violations);
      checkKey(chain, key, violations);
    } else {
      for (String option :
          List.of(TRUSTSTORE_CERTIFICATES, KEYSTORE_CERTIFICATE_CHAIN, ENDPOINT_IDENTIFICATION)) {
        refuseUnless(options.containsKey(option), option, "SSL or SASL_SSL", violations);
      }
      for (String secret : List.of(KEYSTORE_KEY, KEY_PASSWORD)) {
        refuseSecretUnless(secrets, secret, "SSL or SASL_SSL", violations);
      }
    }
    String identification = options.getOrDefault(ENDPOINT_IDENTIFICATION, "https");
    if (!Set.of("https", "none").contains(identification)) {
      violations.add(
          violation(
              ENDPOINT_IDENTIFICATION,
              "'" + identification + "' is unknown. Known values: https, none."));
    }

    return new KafkaOptions(
        addresses(options, violations),
        protocol,
        mechanism,
        user,
        password,
        truststore,
        !identification.equals("none"),
        chain,
        key,
        secrets.getOrDefault(KEY_PASSWORD, new Secret("")),
        requestTimeout(options, violations),
        SchemaRegistryOptions.parse(options, secrets, violations));
  }

  /** As {@code bootstrap.servers} has them; for messages, too. */
  String bootstrapServers() {
    return addresses.stream().map(Address::toString).collect(Collectors.joining(","));
  }

  /**
   * What a client needs to reach the cluster.
   *
   * @param modulePackage where Kafka's classes are: {@code org.apache.kafka}, or where a jar has
   *     moved them to
   */
  List<Property> properties(String modulePackage) {
    List<Property> properties = new ArrayList<>();
    properties.add(new Property("bootstrap.servers", bootstrapServers(), false));
    properties.add(new Property("security.protocol", securityProtocol.name(), false));
    if (securityProtocol.sasl) {
      properties.add(new Property("sasl.mechanism", saslMechanism, false));
      properties.add(new Property("sasl.jaas.config", jaasConfig(modulePackage), true));
    }
    if (securityProtocol.ssl) {
      if (!verifiesHostName) {
        properties.add(new Property("ssl.endpoint.identification.algorithm", "", false));
      }
      if (!truststoreCertificates.isEmpty()) {
        properties.add(new Property("ssl.truststore.type", "PEM", false));
        properties.add(new Property("ssl.truststore.certificates", truststoreCertificates, false));
      }
      if (!keystoreCertificateChain.isEmpty()) {
        properties.add(new Property("ssl.keystore.type", "PEM", false));
        properties.add(
            new Property("ssl.keystore.certificate.chain", keystoreCertificateChain, false));
        properties.add(new Property("ssl.keystore.key", keystoreKey.reveal(), true));
        if (!keyPassword.reveal().isEmpty()) {
          properties.add(new Property("ssl.key.password", keyPassword.reveal(), true));
        }
      }
    }
    return properties;
  }

  /** The class of Kafka's that logs in with the mechanism. */
  String loginModule(String modulePackage) {
    return modulePackage
        + ".common.security."
        + (saslMechanism.equals(PLAIN) ? "plain.PlainLoginModule" : "scram.ScramLoginModule");
  }

  /** Whether secrets go where they would have gone with other options, and as well guarded. */
  boolean isSameDestination(KafkaOptions other) {
    return addresses.equals(other.addresses)
        && securityProtocol == other.securityProtocol
        && saslMechanism.equals(other.saslMechanism)
        && verifiesHostName == other.verifiesHostName
        && truststoreCertificates.equals(other.truststoreCertificates)
        && registryUrl().equals(other.registryUrl());
  }

  private String registryUrl() {
    return registry.map(SchemaRegistryOptions::url).orElse("");
  }

  private String jaasConfig(String modulePackage) {
    return loginModule(modulePackage)
        + " required username="
        + quote(user)
        + " password="
        + quote(password.reveal())
        + ";";
  }

  /**
   * Quotes a value as Kafka reads it: between quotes, only a backslash, a quote and the end of a
   * line are more than themselves, and control characters were refused.
   */
  private static String quote(String value) {
    return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static void checkKeys(
      Map<String, String> options, Map<String, Secret> secrets, List<Violation> violations) {
    Map<String, String> others = new TreeMap<>(options);
    for (String key : options.keySet()) {
      if (key.endsWith("-location") || key.equals("sasl-jaas-config")) {
        others.remove(key);
        violations.add(
            violation(
                key,
                "is not taken: with it, files of the reading machine could be read. Give PEM text"
                    + " in "
                    + TRUSTSTORE_CERTIFICATES
                    + " and "
                    + KEYSTORE_CERTIFICATE_CHAIN
                    + ", and "
                    + SASL_MECHANISM
                    + ", "
                    + USER
                    + " and the secret "
                    + PASSWORD
                    + "."));
      }
    }
    CommonOptions.checkKeys(KIND, others, secrets, KEYS, SECRETS, violations);
  }

  private static List<Address> addresses(Map<String, String> options, List<Violation> violations) {
    String text = options.getOrDefault(BOOTSTRAP_SERVERS, "").strip();
    if (text.isEmpty()) {
      violations.add(
          violation(
              BOOTSTRAP_SERVERS,
              "is missing. Give the addresses of brokers, as in kafka1:9092,kafka2:9092."));
      return List.of();
    }
    List<Address> addresses = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      Matcher matcher = ADDRESS.matcher(part.strip());
      int port = matcher.matches() ? Integer.parseInt(matcher.group("port")) : 0;
      if (port < 1 || port > 65535) {
        violations.add(
            violation(
                BOOTSTRAP_SERVERS,
                "'"
                    + part.strip()
                    + "' is no address. Give HOST:PORT of each broker, separated by commas."));
      } else {
        addresses.add(new Address(matcher.group("host"), port));
      }
    }
    if (addresses.size() > GREATEST_ADDRESSES) {
      violations.add(
          violation(
              BOOTSTRAP_SERVERS,
              "names "
                  + addresses.size()
                  + " addresses. A few are enough, as each broker knows the others; at most "
                  + GREATEST_ADDRESSES
                  + " are taken."));
    }
    return addresses;
  }

  private static SecurityProtocol securityProtocol(
      Map<String, String> options, List<Violation> violations) {
    String text = options.getOrDefault(SECURITY_PROTOCOL, SecurityProtocol.PLAINTEXT.name());
    for (SecurityProtocol protocol : SecurityProtocol.values()) {
      if (protocol.name().equals(text)) {
        return protocol;
      }
    }
    violations.add(
        violation(
            SECURITY_PROTOCOL,
            "'"
                + text
                + "' is unknown. Known values: "
                + Arrays.stream(SecurityProtocol.values())
                    .map(SecurityProtocol::name)
                    .collect(Collectors.joining(", "))
                + "."));
    return SecurityProtocol.PLAINTEXT;
  }

  private static void checkSasl(
      String mechanism, String user, Secret password, List<Violation> violations) {
    String known = "Known values: " + PLAIN + ", " + String.join(", ", SCRAM) + ".";
    if (mechanism.isEmpty()) {
      violations.add(violation(SASL_MECHANISM, "is missing. " + known));
    } else if (mechanism.equals("GSSAPI") || mechanism.equals("OAUTHBEARER")) {
      violations.add(
          violation(
              SASL_MECHANISM,
              "'"
                  + mechanism
                  + "' is not taken: its login reads files or addresses of the reading machine. "
                  + known));
    } else if (!mechanism.equals(PLAIN) && !SCRAM.contains(mechanism)) {
      violations.add(violation(SASL_MECHANISM, "'" + mechanism + "' is unknown. " + known));
    }
    if (user.isEmpty()) {
      violations.add(violation(USER, "is missing. Give the user to log in as."));
    } else if (hasControl(user)) {
      violations.add(violation(USER, "has a control character in it, which no user has."));
    }
    String wrong = "";
    if (password.reveal().isEmpty()) {
      wrong = "is missing. Give the password of the user.";
    } else if (hasControl(password.reveal())) {
      wrong = "has a control character in it, perhaps the end of a line. Give it without.";
    }
    if (!wrong.isEmpty()) {
      violations.add(new Violation("source.secrets." + PASSWORD, wrong));
    }
  }

  private static boolean hasControl(String text) {
    return text.chars().anyMatch(Character::isISOControl);
  }

  private static void refuseUnless(
      boolean given, String key, String protocols, List<Violation> violations) {
    if (given) {
      violations.add(violation(key, ofNoUse(protocols)));
    }
  }

  private static void refuseSecretUnless(
      Map<String, Secret> secrets, String key, String protocols, List<Violation> violations) {
    Secret secret = secrets.get(key);
    if (secret != null && !secret.reveal().isEmpty()) {
      violations.add(new Violation("source.secrets." + key, ofNoUse(protocols)));
    }
  }

  private static String ofNoUse(String protocols) {
    return "is of no use unless "
        + SECURITY_PROTOCOL
        + " is "
        + protocols
        + ". Set that, or leave"
        + " this out.";
  }

  private static void checkKey(String chain, Secret key, List<Violation> violations) {
    String wrong = "";
    if (key.reveal().isEmpty()) {
      if (!chain.isEmpty()) {
        wrong =
            "is missing. Give the key of the certificate in " + KEYSTORE_CERTIFICATE_CHAIN + ".";
      }
    } else if (chain.isEmpty()) {
      wrong = "has no certificate. Give that in the option " + KEYSTORE_CERTIFICATE_CHAIN + ".";
    } else if (!PRIVATE_KEY.matcher(key.reveal()).find()) {
      wrong =
          "is no key in PEM and PKCS #8. Give one from -----BEGIN PRIVATE KEY----- (or BEGIN"
              + " ENCRYPTED PRIVATE KEY); `openssl pkcs8 -topk8` makes it from others.";
    }
    if (!wrong.isEmpty()) {
      violations.add(new Violation("source.secrets." + KEYSTORE_KEY, wrong));
    }
  }

  private static Duration requestTimeout(Map<String, String> options, List<Violation> violations) {
    String text = options.getOrDefault(REQUEST_TIMEOUT, "10000");
    if (text.matches("[0-9]{3,6}") && Integer.parseInt(text) <= 300_000) {
      return Duration.ofMillis(Integer.parseInt(text));
    }
    violations.add(
        violation(
            REQUEST_TIMEOUT,
            "'" + text + "' is no timeout. Give milliseconds, a whole number from 100 to 300000."));
    return Duration.ofSeconds(10);
  }
}
