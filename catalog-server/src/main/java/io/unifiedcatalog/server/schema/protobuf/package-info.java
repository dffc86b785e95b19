/**
 * Protocol Buffers: {@code .proto} text compiled by the real protoc, or descriptor sets as they
 * are.
 */
@NullMarked
package io.unifiedcatalog.server.schema.protobuf;

import org.jspecify.annotations.NullMarked;
