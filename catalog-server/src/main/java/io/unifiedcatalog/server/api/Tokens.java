package io.unifiedcatalog.server.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.unifiedcatalog.local.ProtectedFile;
import io.unifiedcatalog.local.UnsafeFileException;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Secret;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The two tokens that callers show.
 *
 * @param catalog for everything but bindings
 * @param binding for everything
 */
public record Tokens(Secret catalog, Secret binding) {
  private static final Logger log = LoggerFactory.getLogger(Tokens.class);

  private static final int LEAST_LENGTH = 16;
  private static final int RANDOM_BYTES = 32;

  /**
   * Makes the files that are missing, each with a random token that only its owner may read.
   *
   * @throws CatalogException FAILED_PRECONDITION if one cannot be made
   */
  public static void create(Path catalogTokenFile, Path bindingTokenFile) {
    SecureRandom random = new SecureRandom();
    for (Path file : List.of(catalogTokenFile, bindingTokenFile)) {
      byte[] token = new byte[RANDOM_BYTES];
      random.nextBytes(token);
      try {
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
          ProtectedFile.create(file, HexFormat.of().formatHex(token) + "\n");
        }
      } catch (FileAlreadyExistsException e) {
        log.debug("Another server of the same data directory made {} first", file);
      } catch (IOException e) {
        throw refused(
            "The token file "
                + file
                + " cannot be made: "
                + e
                + ". Choose a data directory that this user may write, with --data-dir, or set"
                + " --catalog-token-file and --binding-token-file.");
      }
    }
  }

  /**
   * Reads both tokens; blanks around them do not count.
   *
   * @throws CatalogException FAILED_PRECONDITION if a file cannot be read or could have been
   *     written by others, a token is too short, or both are the same
   */
  public static Tokens read(Path catalogTokenFile, Path bindingTokenFile) {
    Tokens tokens =
        new Tokens(
            readFile("catalog-token-file", catalogTokenFile),
            readFile("binding-token-file", bindingTokenFile));
    if (same(tokens.catalog, tokens.binding.reveal())) {
      throw refused(
          "The tokens in "
              + catalogTokenFile
              + " and "
              + bindingTokenFile
              + " are the same, so that whoever may read the catalog could read the passwords of"
              + " sources. Write another token into one of them.");
    }
    return tokens;
  }

  private static Secret readFile(String setting, Path file) {
    String token;
    try {
      token = ProtectedFile.read(file).strip();
      ProtectedFile.exposure(file)
          .ifPresent(problem -> log.warn("The {} {} {}", setting, file, problem));
    } catch (UnsafeFileException e) {
      throw refused("The " + setting + " " + e.getMessage() + ".");
    } catch (IOException e) {
      throw refused("The " + setting + " " + file + " cannot be read: " + e);
    }
    if (token.length() < LEAST_LENGTH || !token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw refused(
          "The "
              + setting
              + " "
              + file
              + " must hold one token of at least "
              + LEAST_LENGTH
              + " printable ASCII characters without blanks, for example from: openssl rand -hex"
              + " 32");
    }
    return new Secret(token);
  }

  private static CatalogException refused(String message) {
    return new CatalogException(ErrorCode.FAILED_PRECONDITION, "TOKEN_FILE", message);
  }

  /** Compares in a time that does not depend on where the two differ. */
  static boolean same(Secret expected, String shown) {
    return MessageDigest.isEqual(expected.reveal().getBytes(UTF_8), shown.getBytes(UTF_8));
  }
}
