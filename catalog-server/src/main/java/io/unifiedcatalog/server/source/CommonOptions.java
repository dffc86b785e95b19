package io.unifiedcatalog.server.source;

import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The options that a source of any kind may have.
 *
 * <p>{@code include} and {@code exclude} are lists of patterns, separated by commas: {@code
 * database.table}, or {@code database} alone for all its tables. {@code *} stands for any run of
 * characters, {@code ?} for one, and a backslash takes the next character as it is; case counts. A
 * table is let through if a pattern of {@code include} matches it, or there is none, and no pattern
 * of {@code exclude} does.
 *
 * @param include empty: everything
 * @param exclude empty: nothing
 * @param databasePattern how databases are called in the catalog: a text with {@code {database}}
 *     and, mostly, {@code {source}} in it
 * @param holdShare percent of a database's tables; a crawl that would drop more waits to be
 *     confirmed
 */
public record CommonOptions(
    List<TablePattern> include, List<TablePattern> exclude, String databasePattern, int holdShare) {
  public static final String INCLUDE = "include";
  public static final String EXCLUDE = "exclude";
  public static final String DATABASE_PATTERN = "database-pattern";
  public static final String HOLD_SHARE = "hold-share";

  /** The keys of these options. */
  public static final Set<String> KEYS = Set.of(INCLUDE, EXCLUDE, DATABASE_PATTERN, HOLD_SHARE);

  private static final String DEFAULT_DATABASE_PATTERN = "{source}_{database}";
  private static final int DEFAULT_HOLD_SHARE = 30;

  /** Of the patterns of one option, in characters. */
  private static final int GREATEST_PATTERNS = 1 << 16;

  /** A blank that is left out at the end of a pattern. */
  private static final int BLANK = -3;

  private static final Pattern PLACEHOLDER = Pattern.compile("\\{([^{}]*)}");

  public CommonOptions {
    include = List.copyOf(include);
    exclude = List.copyOf(exclude);
  }

  /** A pattern of databases and one of their tables. */
  record TablePattern(Glob database, Glob table, boolean allTables) {
    boolean matches(String databaseName, String tableName) {
      return database.matches(databaseName) && table.matches(tableName);
    }
  }

  /** The options of a source that was validated. */
  public static CommonOptions of(Source source) {
    return parse(source.options(), new ArrayList<>());
  }

  /** Reads the options; what is wrong is added to the violations and stands at its default. */
  public static CommonOptions parse(Map<String, String> options, List<Violation> violations) {
    List<TablePattern> include = patterns(INCLUDE, options, violations);
    List<TablePattern> exclude = patterns(EXCLUDE, options, violations);

    String databasePattern = options.getOrDefault(DATABASE_PATTERN, DEFAULT_DATABASE_PATTERN);
    String wrong = wrongDatabasePattern(databasePattern);
    if (!wrong.isEmpty()) {
      violations.add(violation(DATABASE_PATTERN, wrong));
      databasePattern = DEFAULT_DATABASE_PATTERN;
    }

    int holdShare = DEFAULT_HOLD_SHARE;
    String text = options.getOrDefault(HOLD_SHARE, "" + DEFAULT_HOLD_SHARE);
    if (text.matches("[0-9]{1,2}|100")) {
      holdShare = Integer.parseInt(text);
    } else {
      violations.add(
          violation(
              HOLD_SHARE, "'" + text + "' is no percentage. Give a whole number from 0 to 100."));
    }
    return new CommonOptions(include, exclude, databasePattern, holdShare);
  }

  /** A violation of the option of a key. */
  public static Violation violation(String key, String message) {
    return new Violation("source.options." + key, message);
  }

  /**
   * Refuses options and secrets that a kind does not know, and options that are secrets.
   *
   * @param known the kind's options
   * @param knownSecrets its secrets
   */
  public static void checkKeys(
      String kind,
      Map<String, String> options,
      Map<String, Secret> secrets,
      Set<String> known,
      Set<String> knownSecrets,
      List<Violation> violations) {
    for (String key : options.keySet()) {
      if (knownSecrets.contains(key)) {
        violations.add(
            violation(key, "is a secret. Give it among the secrets, not among the options."));
      } else if (!known.contains(key)) {
        violations.add(
            violation(
                key,
                "is no option of a "
                    + kind
                    + " source. Known options: "
                    + String.join(", ", new TreeSet<>(known))
                    + "."));
      }
    }
    for (String key : secrets.keySet()) {
      if (!knownSecrets.contains(key)) {
        violations.add(
            new Violation(
                "source.secrets." + key,
                "is no secret of a "
                    + kind
                    + " source. Known secrets: "
                    + String.join(", ", new TreeSet<>(knownSecrets))
                    + "."));
      }
    }
  }

  /** Checks that an option is empty or holds certificates in PEM. */
  public static void checkCertificates(String key, String pem, List<Violation> violations) {
    if (pem.isEmpty()) {
      return;
    }
    String why = "it holds no certificate";
    try {
      if (!CertificateFactory.getInstance("X.509")
          .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)))
          .isEmpty()) {
        return;
      }
    } catch (CertificateException e) {
      why = String.valueOf(e.getMessage());
    }
    violations.add(
        violation(
            key,
            "cannot be read: "
                + why
                + ". Give certificates in PEM, from -----BEGIN CERTIFICATE----- to -----END"
                + " CERTIFICATE-----."));
  }

  /** Whether a table is let through. */
  public boolean includes(String database, String table) {
    return (include.isEmpty() || include.stream().anyMatch(p -> p.matches(database, table)))
        && exclude.stream().noneMatch(p -> p.matches(database, table));
  }

  /** Whether any table of a database may be let through. */
  public boolean includesDatabase(String database) {
    return (include.isEmpty() || include.stream().anyMatch(p -> p.database.matches(database)))
        && exclude.stream().noneMatch(p -> p.allTables && p.database.matches(database));
  }

  /** What a database of a source is called in the catalog. */
  public String databaseName(String sourceName, String nativeDatabase) {
    return PLACEHOLDER
        .matcher(databasePattern)
        .replaceAll(
            match ->
                Matcher.quoteReplacement(
                    match.group(1).equals("source") ? sourceName : nativeDatabase));
  }

  private static String wrongDatabasePattern(String pattern) {
    Matcher placeholders = PLACEHOLDER.matcher(pattern);
    while (placeholders.find()) {
      if (!Set.of("source", "database").contains(placeholders.group(1))) {
        return "'"
            + pattern
            + "' holds the unknown placeholder "
            + placeholders.group()
            + ". Known: {source}, {database}.";
      }
    }
    return pattern.contains("{database}")
        ? ""
        : "'" + pattern + "' gives all databases one name. Put {database} into it.";
  }

  private static List<TablePattern> patterns(
      String key, Map<String, String> options, List<Violation> violations) {
    List<TablePattern> patterns = new ArrayList<>();
    String text = options.getOrDefault(key, "").strip();
    if (text.isEmpty()) {
      return patterns;
    }
    if (text.length() > GREATEST_PATTERNS) {
      violations.add(
          violation(
              key,
              "has "
                  + text.length()
                  + " characters. At most "
                  + GREATEST_PATTERNS
                  + " are taken; use patterns with * instead of names."));
      return patterns;
    }
    List<Integer> database = new ArrayList<>();
    List<Integer> table = new ArrayList<>();
    boolean inTable = false;
    int[] points = text.codePoints().toArray();
    for (int i = 0; i <= points.length; i++) {
      int c = i == points.length ? ',' : points[i];
      List<Integer> part = inTable ? table : database;
      if (c == ',') {
        // Blanks around a pattern do not count; one behind a backslash does.
        while (!part.isEmpty() && part.get(part.size() - 1) == BLANK) {
          part.remove(part.size() - 1);
        }
        if (database.isEmpty() || (inTable && table.isEmpty())) {
          violations.add(
              violation(key, "has an empty part. Give patterns like shop.*, separated by commas."));
        } else {
          Glob tables = inTable ? glob(table) : new Glob(new int[] {Glob.ANY_TEXT});
          patterns.add(new TablePattern(glob(database), tables, tables.isAnyText()));
        }
        database.clear();
        table.clear();
        inTable = false;
      } else if (c == '.' && !inTable) {
        inTable = true;
      } else if (c == '*') {
        if (part.isEmpty() || part.get(part.size() - 1) != Glob.ANY_TEXT) {
          part.add(Glob.ANY_TEXT);
        }
      } else if (c == '?') {
        part.add(Glob.ANY_CHARACTER);
      } else if (c == '\\' && i + 1 < points.length) {
        part.add(points[++i]);
      } else if (c == ' ') {
        if (!part.isEmpty() || inTable) {
          part.add(BLANK);
        }
      } else {
        part.add(c);
      }
    }
    return patterns;
  }

  private static Glob glob(List<Integer> parts) {
    return new Glob(parts.stream().mapToInt(part -> part == BLANK ? ' ' : part).toArray());
  }
}
