package io.unifiedcatalog.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * One catalog server, without a scheduler, for all test classes that need only some: a parameter of
 * type {@link ServerProcess} is it. Each class has sources and subjects of its own, and none counts
 * them all.
 */
final class SharedCatalog implements ParameterResolver {
  private static final Namespace NAMESPACE = Namespace.create(SharedCatalog.class);

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == ServerProcess.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return server(context);
  }

  private static ServerProcess server(ExtensionContext context) {
    return context
        .getRoot()
        .getStore(NAMESPACE)
        .getOrComputeIfAbsent(Running.class, key -> new Running(), Running.class)
        .server;
  }

  /** Ends with the last test. */
  private static final class Running implements AutoCloseable {
    private final Path directory;
    private final ServerProcess server;

    Running() {
      try {
        directory = Files.createTempDirectory("shared-catalog");
        server = ServerProcess.start(directory, "catalog", "--scheduler", "off");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() throws IOException {
      server.close();
      List<Path> files;
      try (Stream<Path> all = Files.walk(directory)) {
        files = all.sorted(Comparator.reverseOrder()).toList();
      }
      for (Path file : files) {
        Files.delete(file);
      }
    }
  }
}
