package io.unifiedcatalog.server.store;

class SchemaStoreOnBundledPostgresTest extends SchemaStoreContract {
  @Override
  TestPostgres postgres() {
    return TestPostgres.BUNDLED;
  }
}
