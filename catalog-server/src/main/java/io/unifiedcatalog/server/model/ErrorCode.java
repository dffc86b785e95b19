package io.unifiedcatalog.server.model;

/** What kind of failure a {@link CatalogException} is. {@code api} maps each to one gRPC status. */
public enum ErrorCode {
  /** The request itself is wrong, whatever the state of the catalog. */
  INVALID_ARGUMENT,
  /** The thing named in the request does not exist. */
  NOT_FOUND,
  /** A thing of that name exists already. */
  ALREADY_EXISTS,
  /** The request cannot be done as things stand; another request must come first. */
  FAILED_PRECONDITION,
  /** Another change came between; reading again and repeating may succeed. */
  ABORTED,
  /** The caller has not shown who it is. */
  UNAUTHENTICATED,
  /** The caller may not do this. */
  PERMISSION_DENIED,
  /** Something that is needed cannot be reached now: the store, or a source. */
  UNAVAILABLE,
  /** A defect of the catalog. */
  INTERNAL
}
