package io.unifiedcatalog.cli;

/** Ends a command with a message for a person and an exit status. */
final class CommandFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  /** Ends a command: the message says what failed, which thing, why and what to do. */
  CommandFailure(int exitCode, String message) {
    super(message, null, false, false);
    this.exitCode = exitCode;
  }

  int exitCode() {
    return exitCode;
  }
}
