package io.unifiedcatalog.formats.avro;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.factories.DeserializationFormatFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.junit.jupiter.api.Test;

/** The jar that goes into Flink's lib/. */
class FormatJarIT {
  private final Path jar = Path.of(Objects.requireNonNull(System.getProperty("format.jar")));

  @Test
  void nothingInItStandsInTheWayOfTheClassesOfOthers() throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      assertThat(
              file.stream().filter(entry -> !entry.isDirectory()).map(JarEntry::getName).toList())
          .contains("META-INF/services/org.apache.flink.table.factories.Factory")
          .allMatch(
              name ->
                  name.startsWith("io/unifiedcatalog/formats/avro/")
                      || name.startsWith("META-INF/services/io.unifiedcatalog.formats.avro.shaded.")
                      || List.of(
                              "META-INF/MANIFEST.MF",
                              "META-INF/services/org.apache.flink.table.factories.Factory")
                          .contains(name));
    }
  }

  @Test
  void itIsNoLargerThanFourMegabytes() throws IOException {
    assertThat(Files.size(jar)).isLessThan(4_000_000);
  }

  @Test
  void itReadsAndWritesWithNothingButFlinkBesideIt() throws Exception {
    try (URLClassLoader alone =
        new URLClassLoader(new URL[] {jar.toUri().toURL(), tests()}, new OnlyFlink())) {
      assertThat(
              FactoryUtil.discoverFactory(
                      alone, DeserializationFormatFactory.class, AvroFormatFactory.IDENTIFIER)
                  .getClass()
                  .getProtectionDomain()
                  .getCodeSource()
                  .getLocation())
          .isEqualTo(jar.toUri().toURL());
      String read =
          (String) alone.loadClass(InTheJar.class.getName()).getDeclaredMethod("copy").invoke(null);
      assertThat(read).isEqualTo("none, B, 2026-01-01T00:00");
    } catch (InvocationTargetException e) {
      throw new AssertionError(e.getCause());
    }
  }

  private static URL tests() {
    return InTheJar.class.getProtectionDomain().getCodeSource().getLocation();
  }

  /** Knows the JDK, Flink and what Flink logs by, and no other library. */
  private static final class OnlyFlink extends ClassLoader {
    OnlyFlink() {
      super(null);
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
      if (name.startsWith("org.apache.flink.") || name.startsWith("org.slf4j.")) {
        return Class.forName(name, false, DataTypes.class.getClassLoader());
      }
      return Class.forName(name, false, ClassLoader.getPlatformClassLoader());
    }
  }
}
