package io.unifiedcatalog.server.model;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The one exception of the catalog. Its message says what failed, which thing, why and what to do,
 * and never holds a secret: it is shown to the caller as it is.
 */
public final class CatalogException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * One part of a request that is wrong.
   *
   * @param field the path of the part, as in {@code source.options.port}
   * @param message what is wrong with it and what would be right
   */
  public record Violation(String field, String message) implements java.io.Serializable {
    private static final long serialVersionUID = 1L;
  }

  private final ErrorCode code;
  private final String reason;
  // Serializable implementations only; see the constructor.
  private final Map<String, String> details;
  private final List<Violation> violations;

  /**
   * A failure.
   *
   * @param reason a constant for programs, in UPPER_SNAKE_CASE, as in google.rpc.ErrorInfo
   */
  public CatalogException(ErrorCode code, String reason, String message) {
    this(code, reason, message, Map.of(), List.of(), null);
  }

  /** A failure with what led to it. The cause is logged and never shown to the caller. */
  public CatalogException(
      ErrorCode code, String reason, String message, @Nullable Throwable cause) {
    this(code, reason, message, Map.of(), List.of(), cause);
  }

  /** A failure with details for programs, as in google.rpc.ErrorInfo's metadata. */
  public CatalogException(
      ErrorCode code,
      String reason,
      String message,
      Map<String, String> details,
      List<Violation> violations,
      @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
    this.reason = reason;
    this.details = Map.copyOf(details);
    this.violations = List.copyOf(violations);
  }

  /** An INVALID_ARGUMENT that reports every violation at once. */
  public static CatalogException invalid(String what, List<Violation> violations) {
    StringBuilder message = new StringBuilder(what);
    String separator = ": ";
    for (Violation violation : violations) {
      message.append(separator).append(violation.field()).append(": ").append(violation.message());
      separator = "; ";
    }
    return new CatalogException(
        ErrorCode.INVALID_ARGUMENT,
        "INVALID_ARGUMENT",
        message.toString(),
        Map.of(),
        violations,
        null);
  }

  /** A NOT_FOUND. */
  public static CatalogException notFound(String message) {
    return new CatalogException(ErrorCode.NOT_FOUND, "NOT_FOUND", message);
  }

  /** What failed, which thing, why and what to do. */
  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }

  /** The kind of failure. */
  public ErrorCode code() {
    return code;
  }

  /** The constant for programs. */
  public String reason() {
    return reason;
  }

  /** Details for programs; empty if there are none. */
  public Map<String, String> details() {
    return details;
  }

  /** The parts of the request that are wrong; empty unless the request is. */
  public List<Violation> violations() {
    return violations;
  }
}
