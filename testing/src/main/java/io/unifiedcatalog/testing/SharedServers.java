package io.unifiedcatalog.testing;

import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Servers that all tests of a JVM share, and a {@link Prefix} for each test class to name what it
 * creates in them.
 *
 * <p>A JUnit extension: a constructor, a {@code @BeforeAll} method or a test method that has a
 * parameter of type {@link MySqlServer}, {@link KafkaServer}, {@link RedisServer}, {@link
 * ClickHouseServer} or {@link Prefix} gets it. A server starts when it is first asked for and stops
 * with the JVM. Nobody can stop a shared server: a test that needs to starts its own.
 */
public final class SharedServers implements ParameterResolver {
  private static final Namespace NAMESPACE = Namespace.create(SharedServers.class);
  private static final int CLASS_NAME_LENGTH = 18;
  private static final AtomicInteger PREFIXES = new AtomicInteger();

  private static final Map<Class<?>, Supplier<? extends LocalServer>> STARTS =
      Map.of(
          MySqlServer.class, MySqlServer::start,
          KafkaServer.class, KafkaServer::start,
          RedisServer.class, RedisServer::start,
          ClickHouseServer.class, ClickHouseServer::start);

  private static final Map<Class<?>, LocalServer> RUNNING = new ConcurrentHashMap<>();

  /** The MySQL server of this JVM. */
  public static MySqlServer mySql() {
    return shared(MySqlServer.class);
  }

  /** The Kafka broker of this JVM. */
  public static KafkaServer kafka() {
    return shared(KafkaServer.class);
  }

  /** The Redis server of this JVM. */
  public static RedisServer redis() {
    return shared(RedisServer.class);
  }

  /** The ClickHouse server of this JVM. */
  public static ClickHouseServer clickHouse() {
    return shared(ClickHouseServer.class);
  }

  /** A prefix that nothing else in this JVM has. */
  public static Prefix newPrefix(Class<?> test) {
    String name = test.getSimpleName().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    return new Prefix(
        name.substring(0, Math.min(name.length(), CLASS_NAME_LENGTH))
            + PREFIXES.incrementAndGet()
            + "_");
  }

  private static <S extends LocalServer> S shared(Class<S> type) {
    LocalServer server =
        RUNNING.computeIfAbsent(
            type,
            key -> {
              Supplier<? extends LocalServer> start = STARTS.get(key);
              if (start == null) {
                throw new IllegalArgumentException(key + " cannot be shared");
              }
              LocalServer started = start.get();
              started.share();
              return started;
            });
    return type.cast(server);
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == Prefix.class || STARTS.containsKey(type);
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    if (type == Prefix.class) {
      Class<?> test = context.getRequiredTestClass();
      return context
          .getRoot()
          .getStore(NAMESPACE)
          .getOrComputeIfAbsent(test, key -> newPrefix(test), Prefix.class);
    }
    return shared(type.asSubclass(LocalServer.class));
  }
}
