package io.unifiedcatalog.local;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.io.Writer;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A catalog server of this user on this machine, for its clients: where the tokens are that its
 * first start made. The server writes an entry for its endpoint into {@code servers/} of the user's
 * {@link StateDirectory}; a client that was given no token looks there for the endpoint that it
 * calls.
 *
 * <p>A token is found only if the endpoint is a loopback address, if entry and directory belong to
 * the user and nobody else may write them, and if whoever listens at the endpoint now is the same
 * user: otherwise another user could wait for tokens where a server of this user was.
 */
public final class LocalServer {
  private static final String DIRECTORY = "servers";
  private static final String SUFFIX = ".properties";

  /** Which token a client needs. */
  public enum Kind {
    /** For everything but bindings. */
    CATALOG("catalog-token-file"),
    /** For everything. */
    BINDING("binding-token-file");

    private final String key;

    Kind(String key) {
      this.key = key;
    }
  }

  /**
   * What a client found.
   *
   * @param token null: none
   * @param refusal why there is an entry and yet no token, as a sentence; null: no entry, or a
   *     token
   */
  public record Found(@Nullable String token, @Nullable String refusal) {
    private static final Found NOTHING = new Found(null, null);

    static Found refused(String why) {
      return new Found(null, why);
    }

    /** Does not show the token. */
    @Override
    public String toString() {
      return token != null ? "a token" : String.valueOf(refusal);
    }
  }

  private LocalServer() {}

  /**
   * Writes the entry of a server that listens, and takes away those of servers of this user that
   * are gone.
   *
   * @param state the user's state directory
   * @param catalogToken a file with the token for everything but bindings
   * @param bindingToken a file with the token for everything
   * @return the entry, to be deleted with {@link #withdraw}
   * @throws IOException if it cannot be written, or others could change it
   */
  public static Path announce(
      Path state, InetAddress address, int port, Path catalogToken, Path bindingToken)
      throws IOException {
    Path directory = StateDirectory.create(state, DIRECTORY);
    tidy(directory);
    Properties entry = new Properties();
    entry.setProperty("endpoint", name(address, port));
    entry.setProperty(Kind.CATALOG.key, catalogToken.toString());
    entry.setProperty(Kind.BINDING.key, bindingToken.toString());
    // A temporary file is its owner's alone (mode 600) from the start.
    Path temporary = Files.createTempFile(directory, ".entry", ".tmp");
    Path file = directory.resolve(name(address, port) + SUFFIX);
    try {
      try (Writer writer = Files.newBufferedWriter(temporary, UTF_8)) {
        entry.store(writer, "A catalog server that runs. It deletes this file when it stops.");
      }
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary);
    }
    return file;
  }

  /**
   * Deletes the entry of a server that stops.
   *
   * @throws IOException if it cannot be deleted
   */
  public static void withdraw(Path entry) throws IOException {
    Files.deleteIfExists(entry);
  }

  /**
   * The token for an endpoint of this machine.
   *
   * @param environment names the user's state directory
   * @param host a name or an address, IPv6 with or without brackets
   */
  public static Found find(Map<String, String> environment, String host, int port, Kind kind) {
    Path state = StateDirectory.path(environment);
    Set<InetAddress> addresses = loopback(host);
    if (state == null || addresses.isEmpty()) {
      return Found.NOTHING;
    }
    Path directory = state.resolve(DIRECTORY);
    for (InetAddress address : addresses) {
      Path file = directory.resolve(name(address, port) + SUFFIX);
      if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
        return read(directory, file, addresses, port, kind);
      }
    }
    return Found.NOTHING;
  }

  private static Found read(
      Path directory, Path file, Set<InetAddress> addresses, int port, Kind kind) {
    try {
      StateDirectory.check(directory);
      Access access = Access.of(file, LinkOption.NOFOLLOW_LINKS);
      if (access != null && !access.isOwn()) {
        return Found.refused(
            file + " was not used: it belongs to the user '" + access.ownerName() + "'.");
      }
      // Refuses what others may write, too.
      String text = ProtectedFile.read(file);
      Set<Integer> users = Listeners.users(addresses, port);
      if (users.isEmpty()) {
        return Found.NOTHING;
      }
      if (!users.equals(Set.of(Access.self()))) {
        return Found.refused(
            file
                + " was not used: another user listens at this endpoint now, and would be sent the"
                + " token.");
      }
      Properties entry = new Properties();
      try (Reader reader = new StringReader(text)) {
        entry.load(reader);
      }
      String tokenFile = entry.getProperty(kind.key);
      if (tokenFile == null) {
        return Found.refused(file + " was not used: it has no " + kind.key + ".");
      }
      String token = ProtectedFile.read(Path.of(tokenFile)).strip();
      return token.isEmpty() || !token.chars().allMatch(c -> c > ' ' && c < 0x7f)
          ? Found.refused(tokenFile + " was not used: it holds no token.")
          : new Found(token, null);
    } catch (NoSuchFileException e) {
      // The server stops in this moment, or its data directory was taken away.
      return Found.refused(file + " was not used: " + e.getFile() + " does not exist.");
    } catch (UnsafeFileException e) {
      return Found.refused(file + " was not used: " + e.getMessage() + ".");
    } catch (IOException | IllegalArgumentException e) {
      return Found.refused(file + " was not used: " + e + ".");
    }
  }

  /**
   * The addresses that a host of this machine stands for, none if it may be another machine's. Only
   * literal addresses and {@code localhost}: whoever owns any other name decides where it leads.
   */
  private static Set<InetAddress> loopback(String host) {
    Set<InetAddress> addresses = new LinkedHashSet<>();
    String bare =
        host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    if (!bare.equalsIgnoreCase("localhost")
        && !bare.matches("127(\\.\\d{1,3}){3}")
        && !bare.matches("[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*")) {
      return addresses;
    }
    try {
      for (InetAddress address : InetAddress.getAllByName(bare)) {
        if (!address.isLoopbackAddress()) {
          return Set.of();
        }
        addresses.add(address);
      }
    } catch (UnknownHostException e) {
      return Set.of();
    }
    return addresses;
  }

  private static String name(InetAddress address, int port) {
    String text = address.getHostAddress();
    return (text.indexOf(':') < 0 ? text : "[" + text + "]") + ":" + port;
  }

  /** Entries are left behind by servers that were killed. */
  private static void tidy(Path directory) throws IOException {
    List<Path> gone = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        String endpoint = name.substring(0, name.length() - SUFFIX.length());
        int colon = endpoint.lastIndexOf(':');
        if (colon < 0 || !endpoint.substring(colon + 1).matches("\\d{1,5}")) {
          continue;
        }
        Set<InetAddress> addresses = loopback(endpoint.substring(0, colon));
        int port = Integer.parseInt(endpoint.substring(colon + 1));
        try {
          if (!addresses.isEmpty() && !Listeners.users(addresses, port).contains(Access.self())) {
            gone.add(entry);
          }
        } catch (IOException unknown) {
          return;
        }
      }
    }
    for (Path entry : gone) {
      Files.deleteIfExists(entry);
    }
  }
}
