package io.unifiedcatalog.cli;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import com.google.rpc.BadRequest.FieldViolation;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.MetadataUtils;
import io.unifiedcatalog.local.LocalServer;
import io.unifiedcatalog.local.ProtectedFile;
import io.unifiedcatalog.local.UnsafeFileException;
import io.unifiedcatalog.proto.v1.ApiVersion;
import io.unifiedcatalog.proto.v1.CatalogServiceGrpc;
import io.unifiedcatalog.proto.v1.SchemaServiceGrpc;
import io.unifiedcatalog.proto.v1.SourceServiceGrpc;
import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/**
 * One run of the command line: the options that all commands share, the connection to the server,
 * and where output goes.
 */
final class Session implements AutoCloseable {
  static final String DEFAULT_ENDPOINT = "127.0.0.1:8431";

  /** How answers are printed. */
  enum Format {
    /** Tables for people. */
    text,
    /** The API's messages as JSON, for programs. */
    json
  }

  private final Map<String, String> environment;
  private final PrintWriter out;
  private final PrintWriter err;
  private @Nullable ManagedChannel channel;

  /** Why the token of a server of this user was not used; null: it was, or there is none. */
  private @Nullable String tokenRefusal;

  @Option(
      names = "--endpoint",
      scope = ScopeType.INHERIT,
      paramLabel = "HOST:PORT",
      description = "The catalog server. Else UNIFIED_ENDPOINT, else " + DEFAULT_ENDPOINT + ".")
  private @Nullable String endpointOption;

  @Option(
      names = "--token-file",
      scope = ScopeType.INHERIT,
      paramLabel = "FILE",
      description =
          "A file that holds the token for the server. Default: UNIFIED_TOKEN_FILE, then the token"
              + " of a server that you run yourself on this machine.")
  private @Nullable String tokenFileOption;

  @Option(
      names = {"-o", "--output"},
      scope = ScopeType.INHERIT,
      paramLabel = "FORMAT",
      description = "text for people (the default), or json for programs.")
  private Format format = Format.text;

  @Option(
      names = "--timeout",
      scope = ScopeType.INHERIT,
      paramLabel = "SECONDS",
      description =
          "How long to wait for an answer; 30 if not set. A crawl and an import have no limit.")
  private long timeoutSeconds = 30;

  Session(Map<String, String> environment, PrintWriter out, PrintWriter err) {
    this.environment = environment;
    this.out = out;
    this.err = err;
  }

  PrintWriter out() {
    return out;
  }

  PrintWriter err() {
    return err;
  }

  boolean json() {
    return format == Format.json;
  }

  Map<String, String> environment() {
    return environment;
  }

  /** An environment variable; null if it is not set or empty. */
  @Nullable String environment(String name) {
    String value = environment.get(name);
    return value == null || value.isEmpty() ? null : value;
  }

  /** The terminal that a person sits at; null if there is none. */
  // bin/catalog sets jdk.console so that newer Java answers null there, too.
  @SuppressWarnings("SystemConsoleNull")
  @Nullable Console terminal() {
    return System.console();
  }

  String endpoint() {
    String chosen = endpointOption == null ? environment("UNIFIED_ENDPOINT") : endpointOption;
    return chosen == null ? DEFAULT_ENDPOINT : chosen;
  }

  @Nullable Path tokenFile() {
    String chosen = tokenFileOption == null ? environment("UNIFIED_TOKEN_FILE") : tokenFileOption;
    return chosen == null ? null : Path.of(chosen);
  }

  CatalogServiceGrpc.CatalogServiceBlockingStub catalog() {
    return CatalogServiceGrpc.newBlockingStub(connect())
        .withDeadlineAfter(timeoutSeconds, TimeUnit.SECONDS);
  }

  SourceServiceGrpc.SourceServiceBlockingStub sources() {
    return SourceServiceGrpc.newBlockingStub(connect())
        .withDeadlineAfter(timeoutSeconds, TimeUnit.SECONDS);
  }

  SchemaServiceGrpc.SchemaServiceBlockingStub schemas() {
    return schemasWithoutDeadline().withDeadlineAfter(timeoutSeconds, TimeUnit.SECONDS);
  }

  /** For imports: they take as long as the other registry does. */
  SchemaServiceGrpc.SchemaServiceBlockingStub schemasWithoutDeadline() {
    return SchemaServiceGrpc.newBlockingStub(connect());
  }

  /** For calls that stream for as long as they last. */
  SourceServiceGrpc.SourceServiceBlockingStub sourcesWithoutDeadline() {
    return SourceServiceGrpc.newBlockingStub(connect());
  }

  private Channel connect() {
    if (channel == null) {
      channel = open(endpoint());
    }
    Metadata headers = new Metadata();
    headers.put(header("unified-api-version"), Integer.toString(apiVersion()));
    headers.put(header("unified-release"), release());
    Path tokenFile = tokenFile();
    if (tokenFile != null) {
      headers.put(header("authorization"), "Bearer " + readSecret(tokenFile, "Token file"));
    } else {
      LocalServer.Found found = localToken();
      tokenRefusal = found.refusal();
      if (found.token() != null) {
        headers.put(header("authorization"), "Bearer " + found.token());
      }
    }
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  /** What the server at the endpoint has left for clients of its user. */
  private LocalServer.Found localToken() {
    String endpoint = endpoint();
    int colon = endpoint.lastIndexOf(':');
    return LocalServer.find(
        environment,
        endpoint.substring(0, colon),
        Integer.parseInt(endpoint.substring(colon + 1)),
        LocalServer.Kind.CATALOG);
  }

  private static ManagedChannel open(String endpoint) {
    int colon = endpoint.lastIndexOf(':');
    int port = -1;
    if (colon > 0) {
      try {
        port = Integer.parseInt(endpoint.substring(colon + 1));
      } catch (NumberFormatException notANumber) {
        port = -1;
      }
    }
    if (port < 1 || port > 65535) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "Endpoint '%s' is not HOST:PORT. Correct --endpoint or UNIFIED_ENDPOINT, for example %s."
              .formatted(endpoint, DEFAULT_ENDPOINT));
    }
    String host = endpoint.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    return NettyChannelBuilder.forAddress(host, port)
        .usePlaintext()
        .maxInboundMessageSize(64 << 20)
        .build();
  }

  private static Metadata.Key<String> header(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  /** The highest API version that this release knows. */
  static int apiVersion() {
    int highest = 0;
    for (ApiVersion version : ApiVersion.values()) {
      if (version != ApiVersion.UNRECOGNIZED) {
        highest = Math.max(highest, version.getNumber());
      }
    }
    return highest;
  }

  /** This release, as the jar's manifest says. */
  static String release() {
    String release = Session.class.getPackage().getImplementationVersion();
    return release == null ? "unpackaged" : release;
  }

  /** The first line of a file that holds a secret. Its content is never part of a message. */
  String readSecret(Path file, String what) {
    String secret = read(file, what).lines().findFirst().orElse("").strip();
    if (secret.isEmpty()) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "%s %s is empty. Put the secret on its first line.".formatted(what, file));
    }
    return secret;
  }

  /** A file's whole text, without the blanks and line ends around it. */
  String readWhole(Path file, String what) {
    String text = read(file, what).strip();
    if (text.isEmpty()) {
      throw new CommandFailure(ExitCode.USAGE, "%s %s is empty.".formatted(what, file));
    }
    return text;
  }

  private static String read(Path file, String what) {
    try {
      return ProtectedFile.read(file);
    } catch (UnsafeFileException unsafe) {
      throw new CommandFailure(ExitCode.USAGE, "%s %s.".formatted(what, unsafe.getMessage()));
    } catch (NoSuchFileException missing) {
      throw new CommandFailure(ExitCode.USAGE, "%s %s does not exist.".formatted(what, file));
    } catch (IOException unreadable) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "%s %s cannot be read (%s)."
              .formatted(what, file, unreadable.getClass().getSimpleName()));
    }
  }

  /** Prints a message as JSON over several lines. */
  void printJson(Message message) {
    print(message, JsonFormat.printer().alwaysPrintFieldsWithNoPresence());
  }

  /** Prints a message as JSON on one line, for streams. */
  void printJsonLine(Message message) {
    print(
        message,
        JsonFormat.printer().alwaysPrintFieldsWithNoPresence().omittingInsignificantWhitespace());
  }

  private void print(Message message, JsonFormat.Printer printer) {
    try {
      out.println(printer.print(message));
      out.flush();
    } catch (InvalidProtocolBufferException impossible) {
      // Only an Any of an unknown type cannot be printed; the API has none.
      throw new IllegalStateException(impossible);
    }
  }

  /**
   * Says on one line what went wrong, then one line for each part of the request that is wrong.
   * Answers the exit status.
   */
  int report(StatusRuntimeException failure) {
    return report(failure, field -> null);
  }

  /**
   * The same for a request that holds files: what is wrong in one is said as compilers do, {@code
   * file:line:column: message} from the beginning of the line.
   *
   * @param place the place in a file that a field of the request stands for; null if it stands for
   *     none
   */
  int report(StatusRuntimeException failure, Function<String, @Nullable String> place) {
    com.google.rpc.Status status = StatusProto.fromThrowable(failure);
    String message = Objects.requireNonNullElse(failure.getStatus().getDescription(), "");
    List<FieldViolation> violations = new ArrayList<>();
    boolean answered = false;
    if (status != null) {
      for (com.google.protobuf.Any detail : status.getDetailsList()) {
        answered = true;
        violations.addAll(violations(detail));
      }
    }
    if (!violations.isEmpty()) {
      // The message repeats the violations for programs that show nothing else.
      // The server shortens a long message, so it may end amid them.
      FieldViolation first = violations.get(0);
      int repeated = message.indexOf(first.getField() + ": " + first.getDescription());
      if (repeated > 0) {
        message = message.substring(0, repeated).strip();
      }
    }
    if (!answered) {
      message = unanswered(failure, message);
    }
    err.println("catalog: " + message);
    for (FieldViolation violation : violations) {
      String file = place.apply(violation.getField());
      err.println(
          (file == null ? "  " + violation.getField() : file) + ": " + violation.getDescription());
    }
    if (failure.getStatus().getCode() == Status.Code.UNAUTHENTICATED && tokenRefusal != null) {
      err.println("  " + tokenRefusal);
    }
    err.flush();
    return ExitCode.of(failure.getStatus().getCode());
  }

  /** The server's word for what went wrong, for programs; empty if it gave none. */
  static String reason(StatusRuntimeException failure) {
    com.google.rpc.Status status = StatusProto.fromThrowable(failure);
    try {
      if (status != null) {
        for (com.google.protobuf.Any detail : status.getDetailsList()) {
          if (detail.is(com.google.rpc.ErrorInfo.class)) {
            return detail.unpack(com.google.rpc.ErrorInfo.class).getReason();
          }
        }
      }
    } catch (InvalidProtocolBufferException unreadable) {
      return "";
    }
    return "";
  }

  private static List<FieldViolation> violations(com.google.protobuf.Any detail) {
    if (!detail.is(com.google.rpc.BadRequest.class)) {
      return List.of();
    }
    try {
      return detail.unpack(com.google.rpc.BadRequest.class).getFieldViolationsList();
    } catch (InvalidProtocolBufferException unreadable) {
      return List.of();
    }
  }

  /** What to say when the catalog itself said nothing. */
  private String unanswered(StatusRuntimeException failure, String message) {
    return switch (failure.getStatus().getCode()) {
      case UNAVAILABLE ->
          "Catalog server %s cannot be reached%s. Check that it runs (`catalog serve`), and --endpoint or UNIFIED_ENDPOINT."
              .formatted(endpoint(), cause(failure));
      case DEADLINE_EXCEEDED ->
          "Catalog server %s did not answer within %d s. Try again, or with a longer --timeout."
              .formatted(endpoint(), timeoutSeconds);
      case RESOURCE_EXHAUSTED ->
          "Catalog server %s was asked for too much at once (%s). Send fewer or smaller files."
              .formatted(endpoint(), message);
      case UNIMPLEMENTED ->
          "Catalog server %s does not know this command. Upgrade the server to %s or newer."
              .formatted(endpoint(), release());
      default ->
          message.isEmpty()
              ? "The call failed with %s.".formatted(failure.getStatus().getCode())
              : message;
    };
  }

  private static String cause(StatusRuntimeException failure) {
    Throwable cause = failure.getCause();
    while (cause != null && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause == null || cause.getMessage() == null ? "" : " (" + cause.getMessage() + ")";
  }

  @Override
  public void close() {
    if (channel != null) {
      channel.shutdownNow();
    }
    out.flush();
    err.flush();
  }
}
