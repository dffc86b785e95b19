package io.unifiedcatalog.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.HashMap;
import java.util.Map;

/** Runs commands as a person or a script does. */
abstract class CommandLineTest {
  final Map<String, String> environment = new HashMap<>();
  private final StringBuilder everything = new StringBuilder();

  /** What the last command wrote. */
  String out = "";

  /** What the last command complained about. */
  String err = "";

  /** Where the server of these tests listens. */
  abstract String endpoint();

  /** Everything that all commands wrote. */
  final String everything() {
    return everything.toString();
  }

  final int run(String... arguments) {
    StringWriter written = new StringWriter();
    StringWriter complained = new StringWriter();
    Map<String, String> variables = new HashMap<>(environment);
    variables.putIfAbsent("UNIFIED_ENDPOINT", endpoint());
    variables.putIfAbsent("XDG_STATE_HOME", ServerProcess.STATE.toString());
    int status =
        Catalog.run(variables, new PrintWriter(written), new PrintWriter(complained), arguments);
    out = written.toString();
    err = complained.toString();
    everything.append(out).append(err);
    assertThat(err).doesNotContain("\tat ").doesNotContain("failed unexpectedly");
    return status;
  }

  final void succeed(String... arguments) {
    int status = run(arguments);
    assertThat(status).as("status; %s%s", out, err).isZero();
    assertThat(err).isEmpty();
  }

  final <B extends Message.Builder> B json(B builder) throws Exception {
    JsonFormat.parser().merge(out, builder);
    return builder;
  }
}
