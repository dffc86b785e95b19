package io.unifiedcatalog.server.webhook;

import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.EmptyWebhookSecretException;
import com.standardwebhooks.exceptions.WebhookSigningException;
import io.unifiedcatalog.local.ProtectedFile;
import io.unifiedcatalog.local.UnsafeFileException;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** The secrets that messages are signed with, as Standard Webhooks 1.0 writes them. */
final class WebhookSecrets {
  private static final String PREFIX = "whsec_";
  private static final int LEAST_BYTES = 24;
  private static final int MOST_BYTES = 64;

  private final List<Webhook> signers;

  private WebhookSecrets(List<Webhook> signers) {
    this.signers = signers;
  }

  /**
   * Reads a file with one secret a line: two while one takes the place of the other.
   *
   * @throws CatalogException FAILED_PRECONDITION if it cannot be read, or holds anything else
   */
  static WebhookSecrets read(Path file) {
    List<String> lines;
    try {
      lines = ProtectedFile.read(file).lines().toList();
    } catch (UnsafeFileException e) {
      throw unusable(file, e.problem(), e);
    } catch (IOException e) {
      throw unusable(file, "cannot be read: " + e, e);
    }
    List<Webhook> signers = new ArrayList<>();
    for (String line : lines) {
      if (!line.isBlank()) {
        byte[] key = key(line.strip());
        if (key.length < LEAST_BYTES || key.length > MOST_BYTES) {
          // No part of it is told: it may be a secret with a slip in it.
          throw unusable(file, "has a line that is no secret", null);
        }
        signers.add(signer(key));
      }
    }
    if (signers.isEmpty()) {
      throw unusable(file, "is empty", null);
    }
    return new WebhookSecrets(signers);
  }

  private static Webhook signer(byte[] key) {
    try {
      return new Webhook(key);
    } catch (EmptyWebhookSecretException e) {
      throw new IllegalStateException("A key that is long enough is not empty", e);
    }
  }

  private static byte[] key(String line) {
    try {
      return line.startsWith(PREFIX)
          ? Base64.getDecoder().decode(line.substring(PREFIX.length()))
          : new byte[0];
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }

  private static CatalogException unusable(Path file, String why, @Nullable IOException cause) {
    return new CatalogException(
        ErrorCode.FAILED_PRECONDITION,
        "WEBHOOK_SECRET_FILE",
        "The webhook-secret-file "
            + file
            + " "
            + why
            + ". It holds one secret a line, each "
            + PREFIX
            + " and "
            + LEAST_BYTES
            + " to "
            + MOST_BYTES
            + " bytes in Base64, for example from: echo "
            + PREFIX
            + "$(openssl rand -base64 32)",
        cause);
  }

  /**
   * What goes into {@code webhook-signature}: one signature a secret.
   *
   * @param seconds of the attempt, since 1970
   */
  String sign(String messageId, long seconds, String body) {
    StringJoiner signatures = new StringJoiner(" ");
    for (Webhook signer : signers) {
      try {
        signatures.add(signer.sign(messageId, seconds, body));
      } catch (WebhookSigningException e) {
        throw new IllegalStateException("Every JDK has HMAC with SHA-256", e);
      }
    }
    return signatures.toString();
  }
}
