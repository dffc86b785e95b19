package io.unifiedcatalog.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a server's program is told: {@code --name value}, each perhaps more than once. */
final class Arguments {
  private final Map<String, List<String>> values = new HashMap<>();

  /**
   * Takes arguments apart. One that is not known ends the program with a message.
   *
   * @param known beside {@code --data-dir} and {@code --port}
   */
  Arguments(String[] arguments, String... known) {
    List<String> names = new ArrayList<>(List.of("--data-dir", "--port"));
    names.addAll(List.of(known));
    for (int i = 0; i < arguments.length; i += 2) {
      if (!names.contains(arguments[i]) || i + 1 == arguments.length) {
        System.err.println(
            "Unknown argument, or one without a value: "
                + arguments[i]
                + ". Known: "
                + String.join(", ", names));
        System.exit(2);
      }
      values.computeIfAbsent(arguments[i], name -> new ArrayList<>()).add(arguments[i + 1]);
    }
  }

  List<String> all(String name) {
    return values.getOrDefault(name, List.of());
  }

  @Nullable Path path(String name) {
    List<String> all = all(name);
    return all.isEmpty() ? null : Path.of(all.get(0));
  }

  @Nullable Path dataDirectory() {
    return path("--data-dir");
  }

  /** 0: a free one. */
  int port() {
    return all("--port").stream().findFirst().map(Integer::valueOf).orElse(0);
  }

  /** What is in the file of {@code --password-file}; null: none is named. */
  @Nullable String password() throws IOException {
    Path file = path("--password-file");
    return file == null ? null : Files.readString(file).strip();
  }
}
