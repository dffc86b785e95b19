package io.unifiedcatalog.server.source.kafka;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Knocks at the brokers before Kafka's client does. The client takes whatever answers for a broker:
 * the first four bytes of a TLS alert or of a web server's answer are to it the length of a
 * message, for which it reserves as much memory, hundreds of megabytes. And it says of nothing that
 * does not answer why.
 */
final class BrokerProbe {
  private static final short API_VERSIONS = 18;
  private static final int CORRELATION_ID = 0x756e6966;

  /** A broker's answer to this question is shorter by far. */
  private static final int GREATEST_ANSWER = 1 << 20;

  private BrokerProbe() {}

  /** Why none of the brokers can be spoken with; empty if one can. */
  static Optional<String> unreachable(KafkaOptions options) {
    long end = System.nanoTime() + options.requestTimeout().toNanos();
    List<String> reasons = new ArrayList<>();
    for (KafkaOptions.Address address : options.addresses()) {
      long left = (end - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        break;
      }
      String reason = probe(address, options.securityProtocol().isSsl(), (int) left);
      if (reason.isEmpty()) {
        return Optional.empty();
      }
      reasons.add(address + " " + reason);
    }
    return Optional.of(
        String.join("; ", reasons)
            + ". Check the source's options bootstrap-servers and security-protocol, and that the"
            + " brokers run and can be reached from here.");
  }

  private static String probe(KafkaOptions.Address address, boolean ssl, int timeoutMillis) {
    try (Socket socket = new Socket()) {
      // Without the brackets of an IPv6 address.
      String host = address.host().replace("[", "").replace("]", "");
      InetSocketAddress resolved = new InetSocketAddress(host, address.port());
      if (resolved.isUnresolved()) {
        return "is no known host";
      }
      socket.connect(resolved, timeoutMillis);
      if (ssl) {
        // The client's own handshake will tell; TLS lets no other answer through.
        return "";
      }
      socket.setSoTimeout(timeoutMillis);
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      // Which requests do you know? Every broker answers that, before a login, too.
      out.write(
          ByteBuffer.allocate(14)
              .putInt(10)
              .putShort(API_VERSIONS)
              .putShort((short) 0)
              .putInt(CORRELATION_ID)
              .putShort((short) -1)
              .array());
      out.flush();
      DataInputStream in = new DataInputStream(socket.getInputStream());
      int length = in.readInt();
      if (length < 6 || length > GREATEST_ANSWER || in.readInt() != CORRELATION_ID) {
        return "answers, but not as a Kafka broker without TLS does";
      }
      return "";
    } catch (SocketTimeoutException e) {
      return "did not answer in time";
    } catch (EOFException e) {
      return "hung up, as a listener with TLS does when it is spoken to without";
    } catch (IOException e) {
      return "failed (" + e.getMessage() + ")";
    }
  }
}
