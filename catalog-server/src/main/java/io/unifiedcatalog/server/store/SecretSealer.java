package io.unifiedcatalog.server.store;

import com.google.crypto.tink.Aead;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.aead.AeadConfig2026;
import com.google.crypto.tink.aead.PredefinedAeadParameters;
import io.unifiedcatalog.local.ProtectedFile;
import io.unifiedcatalog.local.UnsafeFileException;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.model.Source;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
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
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;

/**
 * Seals the secrets of sources with the key of a file: AES-256-GCM. Associated data are the
 * source's id, kind and options and the secret's name. So a sealed secret opens for the destination
 * for which it was given and for no other, whatever somebody writes into the store's rows.
 */
public final class SecretSealer {
  /** What key_check holds of a store whose secrets are sealed for their destination. */
  private static final byte[] CHECK =
      "unified-catalog key check, 2".getBytes(StandardCharsets.UTF_8);

  /** What it held while secrets were sealed for their source's id alone. */
  private static final byte[] CHECK_OF_IDS =
      "unified-catalog key check".getBytes(StandardCharsets.UTF_8);

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
      if (!sealer.opens(check, CHECK)) {
        if (!sealer.opens(check, CHECK_OF_IDS)) {
          throw refused(
              keyFile,
              "holds another key than the one that this store's secrets are sealed with",
              "Restore the right one, or name the right file.",
              null);
        }
        sealer.sealAgain(handle);
      }
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

  private boolean opens(byte[] sealed, byte[] associatedData) {
    try {
      aead.decrypt(sealed, associatedData);
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /** Of one that does not open, nothing is known, and it is left as it is. */
  private void sealAgain(Handle handle) {
    List<Source> sources =
        handle
            .createQuery(
                """
                SELECT id AS source_id, name AS source_name, kind AS source_kind,
                  options AS source_options, version AS source_version
                FROM source WHERE NOT dropped
                """)
            .map((row, context) -> SourceRows.source(row))
            .list();
    for (Source source : sources) {
      byte[] id = source.id().toString().getBytes(StandardCharsets.UTF_8);
      handle
          .createQuery("SELECT key, sealed FROM source_secret WHERE source_id = :source")
          .bind("source", source.id())
          .map((row, context) -> Map.entry(row.getString("key"), row.getBytes("sealed")))
          .list()
          .forEach(
              secret -> {
                byte[] text;
                try {
                  text = aead.decrypt(secret.getValue(), id);
                } catch (GeneralSecurityException e) {
                  return;
                }
                handle
                    .createUpdate(
                        """
                        UPDATE source_secret SET sealed = :sealed
                        WHERE source_id = :source AND key = :key
                        """)
                    .bind("sealed", encrypt(text, destination(source, secret.getKey())))
                    .bind("source", source.id())
                    .bind("key", secret.getKey())
                    .execute();
              });
    }
    handle
        .createUpdate("UPDATE key_check SET sealed = :sealed")
        .bind("sealed", encrypt(CHECK, CHECK))
        .execute();
  }

  /**
   * Seals a secret.
   *
   * @param source whose secret it is, with the options that decide where it is sent
   */
  byte[] seal(Source source, String name, Secret secret) {
    return encrypt(secret.reveal().getBytes(StandardCharsets.UTF_8), destination(source, name));
  }

  /**
   * Opens a sealed secret.
   *
   * @param source whose secret it is, with its options as the store has them
   * @throws CatalogException FAILED_PRECONDITION if it was not sealed for this source, these
   *     options and this name, or was tampered with
   */
  Secret open(Source source, String name, byte[] sealed) {
    try {
      return new Secret(
          new String(aead.decrypt(sealed, destination(source, name)), StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new CatalogException(
          ErrorCode.FAILED_PRECONDITION,
          "SECRET_DAMAGED",
          "The secret '"
              + name
              + "' of source '"
              + source.name()
              + "' does not open: rows of the store were altered, so that it would be sent"
              + " elsewhere than where it was given for. Check the source's options with `catalog"
              + " source get "
              + source.name()
              + "`, then give the secret again with `catalog source update`.",
          e);
    }
  }

  /**
   * All options, as which of them decide where a secret goes is each kind's own matter. Each text
   * has its length before it, so no two destinations are written alike.
   */
  private static byte[] destination(Source source, String secretName) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      write(out, source.id().toString());
      write(out, source.kind());
      write(out, secretName);
      out.writeInt(source.options().size());
      for (Map.Entry<String, String> option : source.options().entrySet()) {
        write(out, option.getKey());
        write(out, option.getValue());
      }
    } catch (IOException e) {
      throw new IllegalStateException("An array takes all bytes", e);
    }
    return bytes.toByteArray();
  }

  private static void write(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
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
      text = ProtectedFile.read(keyFile);
    } catch (NoSuchFileException e) {
      return null;
    } catch (UnsafeFileException e) {
      throw refused(keyFile, e.problem(), "Then start again.", e);
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
