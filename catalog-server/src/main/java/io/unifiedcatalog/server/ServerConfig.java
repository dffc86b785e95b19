package io.unifiedcatalog.server;

import io.unifiedcatalog.local.ProtectedFile;
import io.unifiedcatalog.local.StateDirectory;
import io.unifiedcatalog.local.UnsafeFileException;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import java.io.IOException;
import java.io.Reader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a server is told at its start. Secrets are in files, so this can be printed.
 *
 * @param listen where it listens; port 0: any that is free
 * @param metricsListen where Prometheus finds its figures; null: nowhere
 * @param store the url of a PostgreSQL database, without user and password; null: an embedded one
 * @param storeUser who connects to {@code store}; null: the driver's own choice
 * @param storePasswordFile a file that holds the password of {@code storeUser}; null: none
 * @param storeBinaries where the programs of the embedded PostgreSQL are unpacked
 * @param dataDirectory what the server itself keeps: the embedded PostgreSQL, the key file
 * @param keyFile the key that secrets of sources are sealed with
 * @param catalogTokenFile a file that holds the token for everything but bindings; null: that of
 *     the data directory, which the first start makes, unless {@code noAuth}
 * @param bindingTokenFile a file that holds the token that may also resolve bindings; null exactly
 *     if {@code catalogTokenFile} is
 * @param noAuth whether anybody on this machine may call; then both files are null
 * @param stateDirectory where the entry is written by which clients of this user find the tokens of
 *     the data directory; null: the user has none
 * @param ownConnectorTables whether callers without the binding token may register tables with a
 *     connector of their own
 * @param ownConnectorPaths directories of the reading machine that such tables may name
 * @param webhookUrl where crawl runs that ended are posted to; null: nowhere
 * @param webhookSecretFile a file that holds what posts are signed with; null exactly if {@code
 *     webhookUrl} is
 * @param leaseTime how long a source stays taken after its crawler was last heard of
 * @param schedulerInterval how often it looks which sources are due to be crawled; null: never
 * @param scheduledCrawls how many scheduled crawls it runs at once
 * @param crawlHistory how long crawl runs are kept after their end
 * @param pollInterval how often changes made by other servers on the same store are looked for
 * @param callDeadline how long a call may take whose caller set no deadline; crawls and imports
 *     have none
 * @param drainTime how long calls may go on once the server is told to stop
 */
public record ServerConfig(
    InetSocketAddress listen,
    @Nullable InetSocketAddress metricsListen,
    @Nullable String store,
    @Nullable String storeUser,
    @Nullable Path storePasswordFile,
    Path storeBinaries,
    Path dataDirectory,
    Path keyFile,
    @Nullable Path catalogTokenFile,
    @Nullable Path bindingTokenFile,
    boolean noAuth,
    @Nullable Path stateDirectory,
    boolean ownConnectorTables,
    List<String> ownConnectorPaths,
    @Nullable URI webhookUrl,
    @Nullable Path webhookSecretFile,
    Duration leaseTime,
    @Nullable Duration schedulerInterval,
    int scheduledCrawls,
    Duration crawlHistory,
    Duration pollInterval,
    Duration callDeadline,
    Duration drainTime) {

  private static final String ENVIRONMENT_PREFIX = "UNIFIED_CATALOG_";
  private static final String CONFIG = "config";
  private static final String NO_AUTH = "no-auth";

  /** The port unless another is chosen. */
  public static final int DEFAULT_PORT = 8431;

  /** A key: what it says unless it is set (for people), and what it means. */
  private record Key(String value, String preset, String meaning) {}

  private static final Map<String, Key> KEYS = new LinkedHashMap<>();

  static {
    key(
        "listen",
        "HOST:PORT",
        "127.0.0.1:" + DEFAULT_PORT,
        "Where to listen. Any address but loopback requires both token files to be set. Port 0: any"
            + " free one.");
    key(
        "metrics-listen",
        "HOST:PORT",
        "",
        "Where to answer GET /metrics for Prometheus, without a token; nowhere unless set. They"
            + " hold names of sources, and no secret. Port 0: any free one, which the log tells.");
    key(
        "store",
        "embedded|jdbc:postgresql://HOST/DATABASE",
        "embedded",
        "Where the catalog is kept: a PostgreSQL that the server starts itself, or one of yours"
            + " (14 or newer).");
    key("store-user", "NAME", "", "Who connects to a store of yours.");
    key("store-password-file", "FILE", "", "Holds the password of store-user.");
    key(
        "store-binaries",
        "DIRECTORY",
        "DATA-DIR/store",
        "Where the programs of the embedded PostgreSQL are unpacked (60 MB) at the first start;"
            + " servers may share it, and a container image may bring it along.");
    key(
        "data-dir",
        "DIRECTORY",
        "/var/lib/unified-catalog as root, else ~/.local/share/unified-catalog",
        "What the server itself keeps: the embedded PostgreSQL, the key file and the tokens.");
    key(
        "key-file",
        "FILE",
        "DATA-DIR/secret.key",
        "The key that secrets of sources are sealed with. Made by the first start on an empty"
            + " store. Keep a copy of it apart from the store's backups.");
    key(
        "catalog-token-file",
        "FILE",
        "DATA-DIR/catalog.token",
        "Holds the token that callers must send (authorization: Bearer ...). It does not resolve"
            + " bindings. Read at the start. The default is made by the first start; bin/catalog of"
            + " the same user on the same machine finds it by itself.");
    key(
        "binding-token-file",
        "FILE",
        "DATA-DIR/binding.token",
        "Holds the token that may do everything and alone may resolve bindings, which hold the"
            + " passwords of sources. Read at the start. The default is made by the first start;"
            + " bin/catalog sql and the Flink plugin of the same user on the same machine find it"
            + " by themselves.");
    key(
        NO_AUTH,
        "[on|off]",
        "off",
        "Require no token, only on loopback. Every user and every process of this machine can then"
            + " change the catalog and read the passwords of its sources.");
    key(
        "own-connector-tables",
        "on|off",
        "off",
        "Whether callers without the binding token may register tables with a connector of their"
            + " own. Such a table runs its connector in the jobs of everybody who reads it.");
    key(
        "own-connector-paths",
        "DIRECTORY,...",
        "",
        "Directories of the machines that read tables which a table with a connector of its own may"
            + " name. Without it, such a table may name no local file.");
    key(
        "webhook-url",
        "URL",
        "",
        "Where crawls that ended are posted to, by http or https. Not posted is a crawl that found"
            + " everything as the crawl before it. The log tells its host only. Every server on a"
            + " store has the same.");
    key(
        "webhook-secret-file",
        "FILE",
        "",
        "Holds what posts are signed with by Standard Webhooks: a line whsec_..., or two while one"
            + " takes the place of the other. Read for each post.");
    key(
        "lease-time",
        "DURATION",
        "30s",
        "How long a source stays taken after the server that crawls it was last heard of.");
    key(
        "scheduler",
        "on|off",
        "on",
        "Whether this server crawls sources when their schedules say so. off: for those who let an"
            + " outside cron run `catalog crawl run --all --due`.");
    key(
        "scheduler-interval",
        "DURATION",
        "5s",
        "How often the scheduler looks which sources are due; at most 20s.");
    key(
        "scheduled-crawls",
        "NUMBER",
        "4",
        "How many scheduled crawls this server runs at once, from 1 to 100.");
    key(
        "crawl-history",
        "DURATION",
        "2160h",
        "How long crawl runs are kept after their end; 2160h are 90 days. Held ones stay, and of"
            + " each source the newest and the newest that succeeded. The versions of the tables"
            + " stay for good.");
    key(
        "poll-interval",
        "DURATION",
        "1s",
        "How often changes by other servers on the same store are looked for; at most 5s.");
    key(
        "call-deadline",
        "DURATION",
        "30s",
        "How long a call may take whose caller set no deadline. Crawls and imports have none.");
    key("drain-time", "DURATION", "20s", "How long calls may go on once the server is stopped.");
  }

  private static void key(String name, String value, String preset, String meaning) {
    KEYS.put(name, new Key(value, preset, meaning));
  }

  /**
   * Reads flags, the environment and the file that {@code --config} names. A flag wins over the
   * environment, the environment over the file.
   *
   * @param arguments {@code --key value} or {@code --key=value}
   * @param environment what begins with {@code UNIFIED_CATALOG_} counts, and XDG_STATE_HOME or HOME
   *     say where the user's state directory is
   * @throws CatalogException INVALID_ARGUMENT with everything that is wrong, each with where it
   *     came from
   */
  public static ServerConfig read(List<String> arguments, Map<String, String> environment) {
    Reading reading = new Reading();
    reading.flags(arguments);
    reading.environment(environment);
    reading.file();
    return reading.config(StateDirectory.path(environment));
  }

  /** What {@code --help} prints. */
  public static String help() {
    StringBuilder help =
        new StringBuilder(
            """
            Starts a catalog server.

            Each key is a flag (--listen 127.0.0.1:0), a variable of the environment
            (UNIFIED_CATALOG_LISTEN=127.0.0.1:0) or a line in a file (listen=127.0.0.1:0) that
            --config FILE names. Flags win over the environment, the environment over the file.

            """);
    KEYS.forEach(
        (name, key) -> {
          help.append("  --").append(name).append(' ').append(key.value()).append('\n');
          help.append(wrap(key.meaning()));
          if (!key.preset().isEmpty()) {
            help.append("      Default: ").append(key.preset()).append('\n');
          }
        });
    return help.append("  --config FILE\n      A file with keys, in the form of Java properties.\n")
        .toString();
  }

  private static String wrap(String text) {
    StringBuilder lines = new StringBuilder();
    int column = 0;
    for (String word : text.split(" ", -1)) {
      if (column == 0 || column + word.length() + 1 > 90) {
        lines.append(column == 0 ? "      " : "\n      ").append(word);
        column = 6 + word.length();
      } else {
        lines.append(' ').append(word);
        column += 1 + word.length();
      }
    }
    return lines.append('\n').toString();
  }

  /** Collects settings and everything that is wrong with them. */
  private static final class Reading {
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h)");
    private static final Pattern ADDRESS =
        Pattern.compile("(?:\\[(?<six>[^\\]]+)\\]|(?<host>[^:]+)):(?<port>\\d{1,5})");

    /** A value and where it came from. */
    private record Setting(String value, String origin) {}

    private final Map<String, Setting> settings = new TreeMap<>();
    private final List<Violation> violations = new ArrayList<>();

    void flags(List<String> arguments) {
      for (int i = 0; i < arguments.size(); i++) {
        String argument = arguments.get(i);
        if (!argument.startsWith("--")) {
          violations.add(
              new Violation(argument, "is not a flag; a setting is given as --key value"));
          continue;
        }
        int equals = argument.indexOf('=');
        String flag = equals < 0 ? argument : argument.substring(0, equals);
        String key = flag.substring(2);
        if (!known(key, flag)) {
          // Its value, if it has one, is no further mistake.
          if (equals < 0 && i + 1 < arguments.size() && !arguments.get(i + 1).startsWith("--")) {
            i++;
          }
          continue;
        }
        String value;
        if (equals >= 0) {
          value = argument.substring(equals + 1);
        } else if (key.equals(NO_AUTH)
            && !(i + 1 < arguments.size() && arguments.get(i + 1).matches("on|off"))) {
          value = "on";
        } else if (i + 1 < arguments.size()) {
          value = arguments.get(++i);
        } else {
          violations.add(new Violation(flag, "needs a value"));
          continue;
        }
        if (settings.put(key, new Setting(value, flag)) != null) {
          violations.add(new Violation(flag, "is given twice"));
        }
      }
    }

    void environment(Map<String, String> environment) {
      new TreeMap<>(environment)
          .forEach(
              (variable, value) -> {
                if (variable.startsWith(ENVIRONMENT_PREFIX)) {
                  String key =
                      variable
                          .substring(ENVIRONMENT_PREFIX.length())
                          .toLowerCase(Locale.ROOT)
                          .replace('_', '-');
                  if (known(key, variable)) {
                    settings.putIfAbsent(key, new Setting(value, variable));
                  }
                }
              });
    }

    void file() {
      Setting config = settings.remove(CONFIG);
      if (config == null) {
        return;
      }
      Path file = Path.of(config.value());
      try {
        ProtectedFile.check(file);
      } catch (UnsafeFileException e) {
        violations.add(new Violation(config.origin(), "file " + e.getMessage()));
        return;
      } catch (IOException e) {
        // Told below.
      }
      Properties properties = new Properties();
      try (Reader reader = Files.newBufferedReader(file)) {
        properties.load(reader);
      } catch (IOException | IllegalArgumentException e) {
        violations.add(
            new Violation(config.origin(), "file " + file + " cannot be read: " + describe(e)));
        return;
      }
      for (String key : properties.stringPropertyNames().stream().sorted().toList()) {
        String origin = key + " in " + file;
        if (key.equals(CONFIG)) {
          violations.add(new Violation(origin, "a file cannot name another one"));
        } else if (known(key, origin)) {
          settings.putIfAbsent(key, new Setting(properties.getProperty(key), origin));
        }
      }
    }

    private boolean known(String key, String origin) {
      if (KEYS.containsKey(key) || key.equals(CONFIG)) {
        return true;
      }
      violations.add(
          new Violation(
              origin,
              "no setting has this name. Known are "
                  + KEYS.keySet().stream().sorted().collect(Collectors.joining(", "))
                  + (origin.contains(" in ") ? "" : ", " + CONFIG)));
      return false;
    }

    ServerConfig config(@Nullable Path stateDirectory) {
      InetSocketAddress listen =
          address("listen", new InetSocketAddress(InetAddress.getLoopbackAddress(), DEFAULT_PORT));
      InetSocketAddress metricsListen =
          text("metrics-listen") == null ? null : address("metrics-listen", listen);
      String store = store();
      String storeUser = text("store-user");
      Path storePasswordFile = file("store-password-file");
      Path storeBinaries = path("store-binaries");
      Path dataDirectory = directory();
      Path keyFile = path("key-file");
      Path catalogTokenFile = file("catalog-token-file");
      Path bindingTokenFile = file("binding-token-file");
      boolean noAuth = isOn(NO_AUTH, false);
      boolean ownConnectorTables = isOn("own-connector-tables", false);
      List<String> ownConnectorPaths = directories("own-connector-paths");
      URI webhookUrl = webhookUrl();
      Path webhookSecretFile = file("webhook-secret-file");
      Duration leaseTime = duration("lease-time", "30s", Duration.ofSeconds(2));
      boolean scheduler = isOn("scheduler", true);
      Duration schedulerInterval = duration("scheduler-interval", "5s", Duration.ofMillis(10));
      int scheduledCrawls = number("scheduled-crawls", 4, 1, 100);
      Duration crawlHistory = duration("crawl-history", "2160h", Duration.ofHours(1));
      Duration pollInterval = duration("poll-interval", "1s", Duration.ofMillis(10));
      Duration callDeadline = duration("call-deadline", "30s", Duration.ofMillis(100));
      Duration drainTime = duration("drain-time", "20s", Duration.ZERO);

      if (store == null) {
        onlyWithStore("store-user");
        onlyWithStore("store-password-file");
      }
      boolean noWebhookUrl = text("webhook-url") == null;
      if (noWebhookUrl != (text("webhook-secret-file") == null)) {
        violations.add(
            new Violation(
                noWebhookUrl ? "webhook-url" : "webhook-secret-file",
                "is not set, but "
                    + origin(noWebhookUrl ? "webhook-secret-file" : "webhook-url")
                    + " is. Set both, or none"));
      }
      boolean noCatalogToken = text("catalog-token-file") == null;
      boolean noBindingToken = text("binding-token-file") == null;
      if (noCatalogToken != noBindingToken) {
        violations.add(
            new Violation(
                noCatalogToken ? "catalog-token-file" : "binding-token-file",
                "is not set, but "
                    + origin(noCatalogToken ? "binding-token-file" : "catalog-token-file")
                    + " is. Set both, or none on loopback"));
      }
      if (noAuth && !(noCatalogToken && noBindingToken)) {
        violations.add(
            new Violation(
                origin(NO_AUTH),
                "is set, and "
                    + origin(noCatalogToken ? "binding-token-file" : "catalog-token-file")
                    + " is, too. Leave out one of the two"));
      }
      boolean loopback = listen.getAddress().isLoopbackAddress();
      if (noAuth && !loopback) {
        violations.add(
            new Violation(
                origin(NO_AUTH),
                "is for loopback only, and "
                    + origin("listen")
                    + " is another address, so that others could read the passwords of sources. Set"
                    + " catalog-token-file and binding-token-file instead, or listen on"
                    + " 127.0.0.1"));
      } else if (!loopback && noCatalogToken && noBindingToken) {
        violations.add(
            new Violation(
                origin("listen"),
                "is not loopback, so that others could read the passwords of sources. Set"
                    + " catalog-token-file and binding-token-file, or listen on 127.0.0.1"));
      }
      if (pollInterval.compareTo(Duration.ofSeconds(5)) > 0) {
        violations.add(new Violation(origin("poll-interval"), "is more than 5s"));
      }
      if (schedulerInterval.compareTo(Duration.ofSeconds(20)) > 0) {
        violations.add(
            new Violation(
                origin("scheduler-interval"),
                "is more than 20s. Set scheduler to off to let it never look"));
      }
      if (!violations.isEmpty()) {
        throw CatalogException.invalid("The configuration is wrong", violations);
      }
      return new ServerConfig(
          listen,
          metricsListen,
          store,
          storeUser,
          storePasswordFile,
          storeBinaries == null ? dataDirectory.resolve("store") : storeBinaries,
          dataDirectory,
          keyFile == null ? dataDirectory.resolve("secret.key") : keyFile,
          catalogTokenFile,
          bindingTokenFile,
          noAuth,
          stateDirectory,
          ownConnectorTables,
          ownConnectorPaths,
          webhookUrl,
          webhookSecretFile,
          leaseTime,
          scheduler ? schedulerInterval : null,
          scheduledCrawls,
          crawlHistory,
          pollInterval,
          callDeadline,
          drainTime);
    }

    private void onlyWithStore(String key) {
      if (settings.containsKey(key)) {
        violations.add(
            new Violation(
                origin(key),
                "is for a store of yours; the embedded one makes its own. Set store to"
                    + " jdbc:postgresql://HOST/DATABASE, or leave this out"));
      }
    }

    private InetSocketAddress address(String key, InetSocketAddress preset) {
      String value = text(key);
      if (value == null) {
        return preset;
      }
      Matcher matcher = ADDRESS.matcher(value);
      int port = matcher.matches() ? Integer.parseInt(matcher.group("port")) : -1;
      if (port < 0 || port > 65_535) {
        violations.add(
            new Violation(origin(key), "'" + value + "' is not HOST:PORT, as in 127.0.0.1:8431"));
        return preset;
      }
      String host = matcher.group("six") == null ? matcher.group("host") : matcher.group("six");
      try {
        return new InetSocketAddress(InetAddress.getByName(host), port);
      } catch (UnknownHostException e) {
        violations.add(new Violation(origin(key), "host '" + host + "' is unknown"));
        return preset;
      }
    }

    /** Null: none. A url is never part of a message: its path may hold a token. */
    private @Nullable URI webhookUrl() {
      String value = text("webhook-url");
      if (value == null) {
        return null;
      }
      URI url = null;
      try {
        url = new URI(value);
      } catch (URISyntaxException e) {
        // Told below, without the url that the failure repeats.
      }
      if (url == null
          || !List.of("http", "https").contains(String.valueOf(url.getScheme()))
          || url.getHost() == null) {
        violations.add(
            new Violation(
                origin("webhook-url"), "is no url as https://HOST/PATH or http://HOST/PATH"));
        return null;
      }
      if (url.getUserInfo() != null) {
        violations.add(
            new Violation(
                origin("webhook-url"),
                "holds a user or a password, which would not be sent. Posts are signed with what"
                    + " webhook-secret-file holds"));
      }
      return url;
    }

    /** Null: embedded. A url is never part of a message: it may hold a password. */
    private @Nullable String store() {
      String value = text("store");
      if (value == null || value.equals("embedded")) {
        return null;
      }
      if (!value.startsWith("jdbc:postgresql:")) {
        violations.add(
            new Violation(
                origin("store"), "is neither 'embedded' nor jdbc:postgresql://HOST/DATABASE"));
        return value;
      }
      int question = value.indexOf('?');
      String place = question < 0 ? value : value.substring(0, question);
      boolean secret =
          place.contains("@")
              || (question >= 0
                  && Arrays.stream(value.substring(question + 1).split("&", -1))
                      .map(parameter -> parameter.toLowerCase(Locale.ROOT))
                      .anyMatch(parameter -> parameter.matches("\\w*password\\w*=.*")));
      if (secret) {
        violations.add(
            new Violation(
                origin("store"),
                "holds a user or a password, which every process of this machine could read. Write"
                    + " the password into a file and name it with store-password-file; name the"
                    + " user with store-user"));
      }
      return value;
    }

    private Path directory() {
      Path path = path("data-dir");
      if (path != null) {
        return path;
      }
      String home = System.getProperty("user.home", ".");
      return "root".equals(System.getProperty("user.name"))
          ? Path.of("/var/lib/unified-catalog")
          : Path.of(home, ".local/share/unified-catalog").toAbsolutePath();
    }

    private @Nullable Path path(String key) {
      String value = text(key);
      return value == null ? null : Path.of(value).toAbsolutePath().normalize();
    }

    /** A file that must be there. */
    private @Nullable Path file(String key) {
      Path path = path(key);
      if (path != null && !Files.isReadable(path)) {
        violations.add(
            new Violation(
                origin(key),
                "file " + path + (Files.exists(path) ? " cannot be read" : " does not exist")));
      } else if (path != null) {
        check(key, path);
      }
      return path;
    }

    /** Refuses a file that others could have written. */
    private void check(String key, Path file) {
      try {
        ProtectedFile.check(file);
      } catch (UnsafeFileException e) {
        violations.add(new Violation(origin(key), "file " + e.getMessage()));
      } catch (IOException e) {
        violations.add(new Violation(origin(key), "file " + file + " cannot be read: " + e));
      }
    }

    private Duration duration(String key, String preset, Duration least) {
      String value = text(key);
      Matcher matcher = DURATION.matcher(value == null ? preset : value);
      if (!matcher.matches()) {
        violations.add(
            new Violation(
                origin(key), "'" + value + "' is not a time, as in 500ms, 30s, 5m or 1h"));
        return least;
      }
      long number = Long.parseLong(matcher.group(1));
      Duration duration =
          switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            default -> Duration.ofHours(number);
          };
      if (duration.compareTo(least) < 0) {
        violations.add(
            new Violation(origin(key), "'" + value + "' is less than " + least.toMillis() + "ms"));
      }
      return duration;
    }

    /** Absolute directories, separated by commas, without a final slash. */
    private List<String> directories(String key) {
      String value = text(key);
      List<String> directories = new ArrayList<>();
      for (String directory : value == null ? new String[0] : value.split(",", -1)) {
        String path = directory.strip().replaceFirst("/+$", "");
        if (!path.startsWith("/") || !Path.of(path).normalize().toString().equals(path)) {
          violations.add(
              new Violation(origin(key), "'" + directory + "' is not an absolute directory"));
        }
        directories.add(path);
      }
      return List.copyOf(directories);
    }

    private boolean isOn(String key, boolean preset) {
      String value = text(key);
      if (value != null && !value.equals("on") && !value.equals("off")) {
        violations.add(new Violation(origin(key), "'" + value + "' is neither on nor off"));
      }
      return value == null ? preset : value.equals("on");
    }

    private int number(String key, int preset, int least, int most) {
      String value = text(key);
      if (value == null) {
        return preset;
      }
      int number = value.matches("\\d{1,9}") ? Integer.parseInt(value) : -1;
      if (number < least || number > most) {
        violations.add(
            new Violation(
                origin(key), "'" + value + "' is no number from " + least + " to " + most));
      }
      return number;
    }

    /** Null if it is not set; blank is wrong. */
    private @Nullable String text(String key) {
      Setting setting = settings.get(key);
      if (setting == null) {
        return null;
      }
      String value = setting.value().strip();
      if (value.isEmpty()) {
        Violation violation = new Violation(setting.origin(), "is empty");
        if (!violations.contains(violation)) {
          violations.add(violation);
        }
        return null;
      }
      return value;
    }

    private String origin(String key) {
      Setting setting = settings.get(key);
      return setting == null ? key : setting.origin();
    }

    private static String describe(Exception failure) {
      return failure instanceof java.nio.file.NoSuchFileException
          ? "it does not exist"
          : failure.toString();
    }
  }
}
