package io.unifiedcatalog.server.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.Any;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.ErrorCode;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a caller is told of a failure: a google.rpc.Status with an ErrorInfo. */
final class Errors {
  /** The domain in each ErrorInfo. */
  static final String DOMAIN = "unifiedcatalog.io";

  private static final Logger log = LoggerFactory.getLogger(Errors.class);

  // A status travels in HTTP/2 headers, of which clients accept 8 KiB: the message percent-encoded,
  // and once more, with the details, in base64.
  private static final int MAX_MESSAGE_BYTES = 1_200;
  private static final int MAX_STATUS_BYTES = 3_000;

  private Errors() {}

  /** A status for a failure. What is not a CatalogException is a defect: logged, and not shown. */
  static StatusRuntimeException toStatus(Throwable failure) {
    if (failure instanceof StatusRuntimeException status) {
      return status;
    }
    if (failure instanceof CatalogException known) {
      if (known.code() == ErrorCode.INTERNAL || known.code() == ErrorCode.UNAVAILABLE) {
        log.warn("A call failed: {}", known.getMessage(), known.getCause());
      }
      return toStatus(known);
    }
    String id = UUID.randomUUID().toString();
    log.error("A call failed, incident {}", id, failure);
    return toStatus(
        new CatalogException(
            ErrorCode.INTERNAL,
            "INTERNAL",
            "The server failed, which is a defect of it. Its log has the details under incident "
                + id
                + "."));
  }

  private static StatusRuntimeException toStatus(CatalogException failure) {
    Status.Builder status =
        Status.newBuilder()
            .setCode(code(failure.code()).getNumber())
            .setMessage(shortened(String.valueOf(failure.getMessage())))
            .addDetails(
                Any.pack(
                    ErrorInfo.newBuilder()
                        .setReason(failure.reason())
                        .setDomain(DOMAIN)
                        .putAllMetadata(failure.details())
                        .build()));
    if (!failure.violations().isEmpty()) {
      BadRequest.Builder request = BadRequest.newBuilder();
      int room = MAX_STATUS_BYTES - status.build().getSerializedSize();
      for (Violation violation : failure.violations()) {
        BadRequest.FieldViolation field =
            BadRequest.FieldViolation.newBuilder()
                .setField(violation.field())
                .setDescription(violation.message())
                .build();
        room -= field.getSerializedSize() + 4;
        if (room < 0) {
          break;
        }
        request.addFieldViolations(field);
      }
      status.addDetails(Any.pack(request.build()));
    }
    return StatusProto.toStatusRuntimeException(status.build());
  }

  private static String shortened(String message) {
    if (message.getBytes(UTF_8).length <= MAX_MESSAGE_BYTES) {
      return message;
    }
    int end = 0;
    for (int bytes = 0; ; ) {
      int next = message.codePointAt(end);
      bytes += Character.toString(next).getBytes(UTF_8).length;
      if (bytes > MAX_MESSAGE_BYTES - 4) {
        return message.substring(0, end) + " ...";
      }
      end += Character.charCount(next);
    }
  }

  private static Code code(ErrorCode code) {
    return switch (code) {
      case INVALID_ARGUMENT -> Code.INVALID_ARGUMENT;
      case NOT_FOUND -> Code.NOT_FOUND;
      case ALREADY_EXISTS -> Code.ALREADY_EXISTS;
      case FAILED_PRECONDITION -> Code.FAILED_PRECONDITION;
      case ABORTED -> Code.ABORTED;
      case UNAUTHENTICATED -> Code.UNAUTHENTICATED;
      case PERMISSION_DENIED -> Code.PERMISSION_DENIED;
      case UNAVAILABLE -> Code.UNAVAILABLE;
      case INTERNAL -> Code.INTERNAL;
    };
  }
}
