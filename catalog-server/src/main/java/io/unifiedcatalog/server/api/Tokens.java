package io.unifiedcatalog.server.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;

/**
 * The two tokens that callers show.
 *
 * @param catalog for everything but bindings
 * @param binding for everything
 */
public record Tokens(Secret catalog, Secret binding) {
  private static final int LEAST_LENGTH = 16;

  /**
   * Reads both tokens; blanks around them do not count.
   *
   * @throws CatalogException FAILED_PRECONDITION if a file cannot be read, a token is too short, or
   *     both are the same
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
      token = Files.readString(file, UTF_8).strip();
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
              + " printable ASCII characters without blanks, for example from: openssl rand -hex 32");
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
