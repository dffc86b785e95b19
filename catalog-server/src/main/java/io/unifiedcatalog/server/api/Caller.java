package io.unifiedcatalog.server.api;

import io.grpc.Context;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;

/** Who calls, as the log and the audit name it. */
final class Caller {
  /** Set for each call before its method runs. */
  static final Context.Key<String> KEY = Context.keyWithDefault("caller", "anonymous");

  /** Whether its token may resolve bindings. False unless somebody who checked says otherwise. */
  static final Context.Key<Boolean> MAY_RESOLVE_BINDINGS =
      Context.keyWithDefault("may-resolve-bindings", false);

  private Caller() {}

  /**
   * Lets who may resolve bindings pass. The service asks, not the interceptor, so that a refusal is
   * audited with the table that was asked for.
   *
   * @throws CatalogException PERMISSION_DENIED
   */
  static void requireBindings() {
    if (!MAY_RESOLVE_BINDINGS.get()) {
      throw new CatalogException(
          ErrorCode.PERMISSION_DENIED,
          "BINDING_TOKEN_NEEDED",
          "The token of this call may read the catalog but not resolve bindings, which hold the"
              + " passwords of sources. Use the token in the server's binding-token-file; in Flink,"
              + " the catalog option 'token-file' names the file that holds it.");
    }
  }

  /**
   * Lets who may register a table with a connector of its own pass. Such a table decides what runs
   * in the job of whoever selects from it, so the token that only reads the catalog is not enough.
   *
   * @throws CatalogException PERMISSION_DENIED
   */
  static void requireOwnConnectorTables() {
    if (!MAY_RESOLVE_BINDINGS.get()) {
      throw new CatalogException(
          ErrorCode.PERMISSION_DENIED,
          "OWN_CONNECTOR_TABLES",
          "The token of this call may not register a table with a connector of its own, which runs"
              + " in the jobs of everybody who reads it. Use the token in the server's"
              + " binding-token-file, or leave out the option 'connector' to use the database's"
              + " source. An administrator can allow it with --own-connector-tables on.");
    }
  }

  static String current() {
    return KEY.get();
  }
}
