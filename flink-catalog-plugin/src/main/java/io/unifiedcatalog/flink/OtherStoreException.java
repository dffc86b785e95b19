package io.unifiedcatalog.flink;

import org.apache.flink.table.catalog.exceptions.CatalogException;

/** A reference names a table of one store, and the server that was asked has another. */
final class OtherStoreException extends CatalogException {
  private static final long serialVersionUID = 1L;

  OtherStoreException(String message) {
    super(message);
  }
}
