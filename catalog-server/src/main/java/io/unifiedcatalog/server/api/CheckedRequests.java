package io.unifiedcatalog.server.api;

import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.StatusRuntimeException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Lets a request that cannot be parsed reach the interceptors, of which the outermost refuses it.
 * Otherwise gRPC itself ends the call with UNKNOWN and logs a stack trace, for each call of
 * anybody.
 */
final class CheckedRequests {
  /** Stands for a request that could not be parsed. */
  static final Object MALFORMED = new Object();

  private CheckedRequests() {}

  /** The service with requests that are checked. */
  static ServerServiceDefinition of(ServerServiceDefinition service) {
    ServiceDescriptor.Builder descriptor =
        ServiceDescriptor.newBuilder(service.getServiceDescriptor().getName())
            .setSchemaDescriptor(service.getServiceDescriptor().getSchemaDescriptor());
    List<ServerMethodDefinition<?, ?>> methods = new ArrayList<>();
    for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
      ServerMethodDefinition<?, ?> checked = checked(method);
      descriptor.addMethod(checked.getMethodDescriptor());
      methods.add(checked);
    }
    ServerServiceDefinition.Builder definition =
        ServerServiceDefinition.builder(descriptor.build());
    methods.forEach(definition::addMethod);
    return definition.build();
  }

  private static <Q, A> ServerMethodDefinition<Q, A> checked(ServerMethodDefinition<Q, A> method) {
    MethodDescriptor<Q, A> descriptor = method.getMethodDescriptor();
    return ServerMethodDefinition.create(
        descriptor.toBuilder(
                new Checked<>(descriptor.getRequestMarshaller()),
                descriptor.getResponseMarshaller())
            .build(),
        method.getServerCallHandler());
  }

  private static final class Checked<Q> implements Marshaller<Q> {
    private final Marshaller<Q> marshaller;

    Checked(Marshaller<Q> marshaller) {
      this.marshaller = marshaller;
    }

    @Override
    public InputStream stream(Q value) {
      return marshaller.stream(value);
    }

    // No method sees the stand-in: FailureInterceptor, before all of them, takes it out.
    @Override
    @SuppressWarnings("unchecked")
    public Q parse(InputStream stream) {
      try {
        return marshaller.parse(stream);
      } catch (StatusRuntimeException e) {
        return (Q) MALFORMED;
      }
    }
  }
}
