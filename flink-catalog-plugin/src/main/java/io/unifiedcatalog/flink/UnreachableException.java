package io.unifiedcatalog.flink;

import org.apache.flink.table.catalog.exceptions.CatalogException;

/** No answer came from the server, as opposed to an answer that refuses. */
final class UnreachableException extends CatalogException {
  private static final long serialVersionUID = 1L;

  UnreachableException(String message) {
    super(message);
  }
}
