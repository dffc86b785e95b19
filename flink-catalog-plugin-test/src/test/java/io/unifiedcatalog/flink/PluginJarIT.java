package io.unifiedcatalog.flink;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;

/** The jar that goes into Flink's lib/. */
class PluginJarIT {
  private final Path jar = jar();

  @Test
  void nothingInItStandsInTheWayOfTheClassesOfOthers() throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      assertThat(
              file.stream().filter(entry -> !entry.isDirectory()).map(JarEntry::getName).toList())
          .isNotEmpty()
          .allMatch(
              name ->
                  name.startsWith("io/unifiedcatalog/flink/")
                      || name.startsWith("META-INF/services/io.unifiedcatalog.flink.shaded.")
                      || List.of(
                              "META-INF/MANIFEST.MF",
                              "META-INF/services/org.apache.flink.table.factories.Factory")
                          .contains(name));
    }
  }

  @Test
  void itsServicesAreItsOwnClasses() throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      List<JarEntry> services =
          file.stream()
              .filter(entry -> !entry.isDirectory())
              .filter(entry -> entry.getName().startsWith("META-INF/services/"))
              .toList();
      assertThat(services).hasSizeGreaterThan(2);
      for (JarEntry service : services) {
        String text =
            new String(file.getInputStream(service).readAllBytes(), StandardCharsets.UTF_8);
        assertThat(text.lines())
            .as(service.getName())
            .isNotEmpty()
            .allMatch(line -> file.getEntry(line.replace('.', '/') + ".class") != null);
      }
    }
  }

  @Test
  void itIsNoLargerThanTenMegabytes() throws IOException {
    assertThat(Files.size(jar)).isLessThan(10_000_000);
  }

  /** The jar that the plugin's classes are loaded from. */
  static Path jar() {
    try {
      return Path.of(
          UnifiedCatalog.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (java.net.URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
