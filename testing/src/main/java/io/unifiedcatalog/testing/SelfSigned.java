package io.unifiedcatalog.testing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;

/**
 * A key and its own certificate, made by the JDK's keytool.
 *
 * @param keystore PKCS #12 with both, opened by {@link #KEYSTORE_PASSWORD}
 * @param certificate PEM
 * @param key PEM, PKCS #8, not locked
 */
record SelfSigned(Path keystore, String certificate, String key) {
  /** Guards nothing: keys are made for one run, in a directory of its own. */
  static final String KEYSTORE_PASSWORD = "changeit";

  private static final String ALIAS = "self";

  /** For 127.0.0.1, and for no name. */
  static SelfSigned make(Path directory, String name) throws IOException {
    Path keystore = directory.resolve(name + ".p12");
    Process keytool =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                    "-genkeypair",
                    "-keyalg",
                    "EC",
                    "-alias",
                    ALIAS,
                    "-dname",
                    "CN=" + name,
                    "-ext",
                    "san=ip:127.0.0.1",
                    "-validity",
                    "30",
                    "-storetype",
                    "PKCS12",
                    "-keystore",
                    keystore.toString(),
                    "-storepass",
                    KEYSTORE_PASSWORD))
            .redirectErrorStream(true)
            .start();
    String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (keytool.waitFor() != 0) {
        throw new IOException("keytool made no key: " + output);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while keytool made a key", e);
    }
    char[] password = KEYSTORE_PASSWORD.toCharArray();
    try (InputStream in = Files.newInputStream(keystore)) {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(in, password);
      Key key = store.getKey(ALIAS, password);
      return new SelfSigned(
          keystore,
          pem("CERTIFICATE", store.getCertificate(ALIAS).getEncoded()),
          pem("PRIVATE KEY", key.getEncoded()));
    } catch (GeneralSecurityException e) {
      throw new IOException("What keytool made cannot be read", e);
    }
  }

  private static String pem(String type, byte[] encoded) {
    return "-----BEGIN "
        + type
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded)
        + "\n-----END "
        + type
        + "-----\n";
  }
}
