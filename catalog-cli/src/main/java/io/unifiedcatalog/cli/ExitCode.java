package io.unifiedcatalog.cli;

import io.grpc.Status;

/**
 * What the command line's exit status means. The numbers are part of its interface: scripts and
 * cron jobs rely on them.
 */
final class ExitCode {
  /** Done. */
  static final int OK = 0;

  /** It was tried and failed, or a crawl failed. */
  static final int FAILED = 1;

  /** The command line, a file named by it, or what it asks for is wrong. */
  static final int USAGE = 2;

  /** The thing named does not exist. */
  static final int NOT_FOUND = 3;

  /**
   * Of {@code schema register} and {@code schema check}, and the only thing that 3 means there: the
   * schema does not go together with earlier versions, or with tables that use it.
   */
  static final int INCOMPATIBLE = 3;

  /** The server refused the token, or there was none. */
  static final int REFUSED = 4;

  /** The catalog server, or the source that it should reach, is away. */
  static final int UNAVAILABLE = 5;

  /** The crawl is held: it would drop so much that somebody has to confirm it. */
  static final int HELD = 6;

  /**
   * Things are not as the command needs them: the name is taken, another change came between,
   * versions differ.
   */
  static final int CONFLICT = 7;

  /** Shown by {@code --help}. */
  static final String[] DESCRIPTIONS = {
    "0:Done.",
    "1:It was tried and failed.",
    "2:The command line, or what it asks for, is wrong.",
    "3:The thing named does not exist. Of schema register and schema check: the schema is incompatible.",
    "4:The server refused the token, or there was none.",
    "5:The catalog server or the source cannot be reached.",
    "6:The crawl is held for confirmation.",
    "7:The name is taken, another change came between, or something else must be done first."
  };

  private ExitCode() {}

  /** The exit status for the status of a call. */
  static int of(Status.Code code) {
    return switch (code) {
      case OK -> OK;
      case INVALID_ARGUMENT, OUT_OF_RANGE -> USAGE;
      case NOT_FOUND -> NOT_FOUND;
      case UNAUTHENTICATED, PERMISSION_DENIED -> REFUSED;
      case UNAVAILABLE, DEADLINE_EXCEEDED -> UNAVAILABLE;
      case ALREADY_EXISTS, ABORTED, FAILED_PRECONDITION, UNIMPLEMENTED -> CONFLICT;
      case CANCELLED, UNKNOWN, RESOURCE_EXHAUSTED, INTERNAL, DATA_LOSS -> FAILED;
    };
  }
}
