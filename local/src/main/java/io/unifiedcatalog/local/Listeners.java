package io.unifiedcatalog.local;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/** Which users listen on a port of this machine, by Linux' tables of its sockets. */
final class Listeners {
  private static final String LISTENING = "0A";

  private Listeners() {}

  /**
   * The users whose sockets a connection to one of the addresses could reach.
   *
   * @throws IOException if the system does not say
   */
  static Set<Integer> users(Collection<InetAddress> addresses, int port) throws IOException {
    Set<Integer> users = new HashSet<>();
    for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
      Path path = Path.of(table);
      // There is no second one where there is no IPv6.
      if (table.endsWith("6") && !Files.exists(path)) {
        continue;
      }
      for (String line : Files.readAllLines(path, US_ASCII)) {
        // "0: 0100007F:20EF 00000000:0000 0A 00000000:00000000 00:00000000 00000000 1000 ..."
        String[] fields = line.strip().split("\\s+", -1);
        if (fields.length < 8 || !fields[3].equals(LISTENING)) {
          continue;
        }
        int colon = fields[1].indexOf(':');
        if (Integer.parseInt(fields[1].substring(colon + 1), 16) != port) {
          continue;
        }
        InetAddress address = address(fields[1].substring(0, colon));
        if (address.isAnyLocalAddress() || addresses.contains(address)) {
          users.add(Integer.parseInt(fields[7]));
        }
      }
    }
    return users;
  }

  /** An address as the tables have it: words of four bytes in the order of the machine. */
  private static InetAddress address(String hexadecimal) throws IOException {
    ByteBuffer words =
        ByteBuffer.wrap(HexFormat.of().parseHex(hexadecimal)).order(ByteOrder.nativeOrder());
    ByteBuffer bytes = ByteBuffer.allocate(words.capacity());
    while (words.hasRemaining()) {
      bytes.putInt(words.getInt());
    }
    // One of IPv4 that is written as one of IPv6 becomes the former.
    return InetAddress.getByAddress(bytes.array());
  }
}
