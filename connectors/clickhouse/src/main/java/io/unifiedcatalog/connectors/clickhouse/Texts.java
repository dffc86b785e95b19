package io.unifiedcatalog.connectors.clickhouse;

import com.google.common.net.InetAddresses;
import java.math.BigInteger;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Texts of values that are no texts in ClickHouse, and the values of such texts. */
final class Texts {
  private static final Pattern UUID_TEXT =
      Pattern.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

  private static final Pattern WHOLE = Pattern.compile("[+-]?[0-9]{1,100}");

  private Texts() {}

  /** An address; an IPv6 address of an IPv4 one is shown as the IPv4 address. */
  static String ofAddress(InetAddress address) {
    return InetAddresses.toAddrString(address);
  }

  /** The address that a text is; null if it is none. */
  static @Nullable InetAddress address(String text) {
    return InetAddresses.isInetAddress(text) ? InetAddresses.forString(text) : null;
  }

  /** The IPv4 address that a text is; null if it is none. */
  static @Nullable Inet4Address inet4(String text) {
    return address(text) instanceof Inet4Address address ? address : null;
  }

  /** The sixteen bytes of an address that a text is; null if it is none. */
  static byte @Nullable [] inet6(String text) {
    InetAddress address = address(text);
    if (address instanceof Inet6Address) {
      return address.getAddress();
    }
    if (address == null) {
      return null;
    }
    byte[] mapped = new byte[16];
    mapped[10] = -1;
    mapped[11] = -1;
    System.arraycopy(address.getAddress(), 0, mapped, 12, 4);
    return mapped;
  }

  /** The text by which an IPv6 address is read. */
  static String ofInet6(byte[] bytes) {
    try {
      return ofAddress(InetAddress.getByAddress(bytes));
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("An address has 16 bytes", e);
    }
  }

  /** The UUID that a text is, in letters of any case; null if it is none. */
  static @Nullable UUID uuid(String text) {
    return UUID_TEXT.matcher(text).matches() ? UUID.fromString(text) : null;
  }

  /** The whole number that a text is; null if it is none. */
  static @Nullable BigInteger whole(String text) {
    return WHOLE.matcher(text).matches() ? new BigInteger(text) : null;
  }
}
