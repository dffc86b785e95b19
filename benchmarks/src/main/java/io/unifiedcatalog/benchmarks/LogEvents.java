package io.unifiedcatalog.benchmarks;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Message;
import com.google.protobuf.WireFormat;
import io.unifiedcatalog.benchmarks.events.Click;
import io.unifiedcatalog.benchmarks.events.Device;
import io.unifiedcatalog.benchmarks.events.Failure;
import io.unifiedcatalog.benchmarks.events.Level;
import io.unifiedcatalog.benchmarks.events.LogEvent;
import io.unifiedcatalog.benchmarks.events.Place;
import io.unifiedcatalog.benchmarks.events.Step;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Events from a fixed seed: some fields of each are absent, and one event in five has its fields in
 * an order of its own, as a writer other than Protobuf's own libraries may leave them.
 */
final class LogEvents {
  private static final long SEED = 20_261_123;
  private static final int OUT_OF_ORDER = 5;

  private final Random random = new Random(SEED);

  static List<byte[]> wide(int count) {
    LogEvents events = new LogEvents();
    return events.bytes(Stream.generate(events::logEvent).limit(count));
  }

  static List<byte[]> flat(int count) {
    LogEvents events = new LogEvents();
    return events.bytes(Stream.generate(events::click).limit(count));
  }

  private List<byte[]> bytes(Stream<Message> messages) {
    return messages
        .map(
            message ->
                random.nextInt(OUT_OF_ORDER) == 0
                    ? shuffled(message.toByteArray())
                    : message.toByteArray())
        .toList();
  }

  /** The same fields in another order; the elements of one field keep theirs. */
  private byte[] shuffled(byte[] message) {
    try {
      List<List<byte[]>> runs = new ArrayList<>();
      CodedInputStream input = CodedInputStream.newInstance(message);
      int previous = 0;
      while (!input.isAtEnd()) {
        int begin = input.getTotalBytesRead();
        int tag = input.readTag();
        input.skipField(tag);
        if (WireFormat.getTagFieldNumber(tag) != previous) {
          runs.add(new ArrayList<>());
        }
        previous = WireFormat.getTagFieldNumber(tag);
        runs.get(runs.size() - 1)
            .add(Arrays.copyOfRange(message, begin, input.getTotalBytesRead()));
      }
      Collections.shuffle(runs, random);
      ByteArrayOutputStream output = new ByteArrayOutputStream(message.length);
      runs.stream().flatMap(List::stream).forEach(output::writeBytes);
      return output.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Message click() {
    Click.Builder click =
        Click.newBuilder()
            .setId(random.nextLong() >>> 20)
            .setTimestampMs(timestamp())
            .setUserId("usr-" + (10_000 + random.nextInt(90_000)))
            .setPage("/item/" + random.nextInt(10_000))
            .setDurationMs(random.nextInt(5_000));
    if (mostly()) {
      click.setStatus(random.nextInt(10) == 0 ? 404 : 200);
    }
    if (mostly()) {
      click.setPrice(random.nextInt(100_000) / 100.0);
    }
    return click.setCached(random.nextBoolean()).build();
  }

  private Message logEvent() {
    LogEvent.Builder event =
        LogEvent.newBuilder()
            .setEventId(hexadecimal(32))
            .setTimestampMs(timestamp())
            .setLevelValue(1 + random.nextInt(4))
            .setService(one("checkout", "catalog-search", "payment-gateway", "session"))
            .setHost("ip-10-" + random.nextInt(256) + "-" + random.nextInt(256) + ".eu.internal")
            .setEnvironment(one("production", "staging"))
            .setRegion(one("eu-central-1", "eu-west-1", "us-east-1"))
            .setVersion("4." + random.nextInt(40) + "." + random.nextInt(10))
            .setProcessId(random.nextInt(65_536))
            .setThreadId(random.nextInt(500))
            .setThreadName("worker-" + random.nextInt(64))
            .setLogger(one("c.s.checkout.Order", "c.s.search.Index", "c.s.payment.Client"))
            .setMessage(words(18 + random.nextInt(10)))
            .setCpuLoad(random.nextFloat())
            .setPosition(random.nextLong() >>> 24)
            .setPartition(random.nextInt(64));
    // A tenth of the events carry text beyond ASCII.
    if (random.nextInt(10) == 0) {
      event.setMessage("Zahlung für Kundin Müller – 支払い: " + words(16));
    }
    if (mostly()) {
      event.setTraceId(hexadecimal(32)).setSpanId(hexadecimal(16)).setSampled(random.nextBoolean());
    }
    if (mostly()) {
      event.setUserId("user-" + random.nextInt(1_000_000)).setSessionId(hexadecimal(16));
    }
    if (mostly()) {
      event
          .setClientIp("203.0." + random.nextInt(256) + "." + random.nextInt(256))
          .setUserAgent(
              one(
                  "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                  "okhttp/4.12.0 (Android 15; Pixel 9)"))
          .setHttpMethod(one("GET", "POST", "PUT"))
          .setUrl("/api/v2/orders/" + random.nextInt(1_000_000) + "/items")
          .setHttpStatus(one(200, 201, 404, 500))
          .setRequestBytes(random.nextInt(10_000))
          .setResponseBytes(random.nextInt(1_000_000));
    }
    if (mostly()) {
      event.setDurationMs(random.nextInt(1_000_000) / 1000.0).setCacheHit(random.nextBoolean());
    }
    if (random.nextInt(2) == 0) {
      byte[] digest = new byte[16];
      random.nextBytes(digest);
      event.setDigest(ByteString.copyFrom(digest));
    }
    if (random.nextInt(3) == 0) {
      event.setRetries(1 + random.nextInt(5)).setClockSkewMs(random.nextInt(200) - 100);
    }
    if (mostly()) {
      event.setTenant("tenant-" + random.nextInt(300));
    }
    if (mostly()) {
      event.setPlace(
          Place.newBuilder()
              .setLatitude(random.nextDouble() * 180 - 90)
              .setLongitude(random.nextDouble() * 360 - 180)
              .setCountry(one("DE", "FR", "JP"))
              .setCity(one("Berlin", "Zürich", "Lyon", "Osaka")));
    }
    if (mostly()) {
      event.setDevice(
          Device.newBuilder()
              .setSystem(one("Android 15", "iOS 19", "Linux"))
              .setModel(one("Pixel 9", "iPhone17,3", ""))
              .setWidth(1080)
              .setHeight(2400));
    }
    if (random.nextInt(8) == 0) {
      event.setFailure(
          Failure.newBuilder()
              .setType("java.net.SocketTimeoutException")
              .setMessage(words(5))
              .addAllFrames(
                  IntStream.range(0, 3).mapToObj(i -> "c.s.payment.Client:" + (40 + i)).toList()));
    }
    for (int i = random.nextInt(6); i > 0; i--) {
      event.putLabels("label." + i, one("blue", "green", "canary"));
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      event.putCounters(one("rows", "hits", "misses", "bytes"), random.nextInt(100_000));
    }
    for (int i = random.nextInt(7); i > 0; i--) {
      event.addTags(one("web", "mobile", "beta", "slow", "retry"));
    }
    for (int i = random.nextInt(12); i > 0; i--) {
      event.addTimingsUs(random.nextInt(200_000));
    }
    for (int i = random.nextInt(7); i > 0; i--) {
      event.addSteps(
          Step.newBuilder()
              .setName(one("authorise", "load", "render", "store"))
              .setStartUs(random.nextInt(100_000))
              .setDurationUs(random.nextInt(100_000))
              .setDone(random.nextInt(10) != 0));
    }
    return event.setLevel(event.hasFailure() ? Level.ERROR : event.getLevel()).build();
  }

  private boolean mostly() {
    return random.nextInt(6) != 0;
  }

  private long timestamp() {
    return 1_790_000_000_000L + random.nextInt(1_000_000_000);
  }

  private String hexadecimal(int digits) {
    StringBuilder text = new StringBuilder();
    while (text.length() < digits) {
      text.append(String.format(Locale.ROOT, "%08x", random.nextInt()));
    }
    return text.toString();
  }

  private String words(int count) {
    return String.join(
        " ",
        Stream.generate(() -> one("order", "accepted", "for", "customer", "by", "node", "after"))
            .limit(count)
            .toList());
  }

  @SafeVarargs
  private <T> T one(T... values) {
    return values[random.nextInt(values.length)];
  }
}
