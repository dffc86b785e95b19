package io.unifiedcatalog.server.store;

import com.google.crypto.tink.Aead;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.aead.AeadConfig2026;
import com.google.crypto.tink.aead.PredefinedAeadParameters;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Secret;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.util.UUID;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;

/**
 * Seals the secrets of sources with the key of a file: AES-256-GCM, with the source's id as
 * associated data, so that a sealed secret moved to another source does not open.
 */
public final class SecretSealer {
  private static final byte[] CHECK = "unified-catalog key check".getBytes(StandardCharsets.UTF_8);

  private final Aead aead;

  private SecretSealer(Aead aead) {
    this.aead = aead;
  }

  /**
   * Opens the key file of a store. Only if the store has never had a key and there is no file is
   * one created, readable by its owner alone. Servers that start on one empty store at the same
   * time take turns: the later ones must have the key of the first.
   *
   * @throws CatalogException FAILED_PRECONDITION if the file is missing, unreadable, or holds
   *     another key than the store's secrets are sealed with; nothing is changed then. UNAVAILABLE
   *     if the store cannot be reached
   */
  public static SecretSealer open(Path keyFile, DataSource dataSource) {
    try {
      return Jdbi.create(dataSource).inTransaction(handle -> open(keyFile, handle));
    } catch (JdbiException e) {
      throw StoreFailure.of(e);
    }
  }

  private static SecretSealer open(Path keyFile, Handle handle) {
    handle.execute("LOCK TABLE key_check IN SHARE ROW EXCLUSIVE MODE");
    byte[] check =
        handle
            .createQuery("SELECT sealed FROM key_check")
            .map((row, context) -> row.getBytes(1))
            .findOne()
            .orElse(null);
    boolean hasSecrets =
        handle.createQuery("SELECT EXISTS (SELECT FROM source_secret)").mapTo(Boolean.class).one();
    KeysetHandle key = read(keyFile);
    if (key == null) {
      if (check != null || hasSecrets) {
        throw refused(
            keyFile,
            "does not exist, but this store's secrets are sealed with one",
            "Restore it from where it was kept, or name the right file.",
            null);
      }
      key = create(keyFile);
    }
    SecretSealer sealer = new SecretSealer(aead(keyFile, key));
    if (check != null) {
      sealer.verify(keyFile, check);
      return sealer;
    }
    if (hasSecrets) {
      throw refused(
          keyFile,
          "cannot be checked, because the store has secrets and its row in key_check is gone",
          "Restore the store from a backup.",
          null);
    }
    handle
        .createUpdate("INSERT INTO key_check (sealed) VALUES (:sealed)")
        .bind("sealed", sealer.encrypt(CHECK, CHECK))
        .execute();
    return sealer;
  }

  private void verify(Path keyFile, byte[] check) {
    try {
      aead.decrypt(check, CHECK);
    } catch (GeneralSecurityException e) {
      throw refused(
          keyFile,
          "holds another key than the one that this store's secrets are sealed with",
          "Restore the right one, or name the right file.",
          e);
    }
  }

  /** Seals a secret of a source. */
  byte[] seal(UUID sourceId, Secret secret) {
    return encrypt(
        secret.reveal().getBytes(StandardCharsets.UTF_8),
        sourceId.toString().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Opens a sealed secret of a source.
   *
   * @throws CatalogException INTERNAL if it was not sealed for this source, or was tampered with
   */
  Secret open(UUID sourceId, String sourceName, String secretName, byte[] sealed) {
    try {
      byte[] text = aead.decrypt(sealed, sourceId.toString().getBytes(StandardCharsets.UTF_8));
      return new Secret(new String(text, StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new CatalogException(
          ErrorCode.INTERNAL,
          "SECRET_DAMAGED",
          "The secret '"
              + secretName
              + "' of source '"
              + sourceName
              + "' does not open: the store's row was altered or belongs to another source. Set the"
              + " secret anew.",
          e);
    }
  }

  private byte[] encrypt(byte[] text, byte[] associatedData) {
    try {
      return aead.encrypt(text, associatedData);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-256-GCM failed", e);
    }
  }

  private static Aead aead(Path keyFile, KeysetHandle key) {
    try {
      return key.getPrimitive(AeadConfig2026.get(), Aead.class);
    } catch (GeneralSecurityException e) {
      throw refused(
          keyFile,
          "holds a key of another kind",
          "Restore the right one, or name the right file.",
          e);
    }
  }

  /** Null: there is no such file. */
  private static @Nullable KeysetHandle read(Path keyFile) {
    String text;
    try {
      text = Files.readString(keyFile);
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      throw refused(
          keyFile,
          "cannot be read (" + e.getClass().getSimpleName() + ")",
          "Let the server's user read it, or name the right file.",
          e);
    }
    try {
      return TinkJsonProtoKeysetFormat.parseKeyset(
          text, AeadConfig2026.get(), InsecureSecretKeyAccess.get());
    } catch (GeneralSecurityException | RuntimeException e) {
      // No cause: a parser's message may quote what it could not read.
      throw refused(
          keyFile,
          "is not a key file of the catalog",
          "Restore the right one, or name the right file.",
          null);
    }
  }

  private static KeysetHandle create(Path keyFile) {
    try {
      KeysetHandle key =
          KeysetHandle.generateNew(PredefinedAeadParameters.AES256_GCM, AeadConfig2026.get());
      String text =
          TinkJsonProtoKeysetFormat.serializeKeyset(
              key, AeadConfig2026.get(), InsecureSecretKeyAccess.get());
      Path directory = keyFile.toAbsolutePath().getParent();
      if (directory == null) {
        throw refused(keyFile, "is not a file's name", "Name a file.", null);
      }
      Files.createDirectories(directory);
      // A temporary file is its owner's alone (mode 600) from the start.
      Path temporary = Files.createTempFile(directory, ".key", ".new");
      try {
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
          ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
          channel.force(true);
        }
        // A link appears whole and never replaces another's key.
        Files.createLink(keyFile, temporary);
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
          channel.force(true);
        }
        return key;
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (FileAlreadyExistsException e) {
      throw refused(
          keyFile,
          "was created by another process just now",
          "Start again if that was a server of this store.",
          e);
    } catch (IOException | UnsupportedOperationException e) {
      throw refused(
          keyFile,
          "cannot be created (" + e.getClass().getSimpleName() + ")",
          "Let the server's user write its directory, or name another file.",
          e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-256-GCM is not to be had", e);
    }
  }

  private static CatalogException refused(
      Path keyFile, String why, String remedy, @Nullable Throwable cause) {
    return new CatalogException(
        ErrorCode.FAILED_PRECONDITION,
        "KEY_FILE_REFUSED",
        "Key file '" + keyFile + "' " + why + ". Nothing was changed. " + remedy,
        cause);
  }
}
