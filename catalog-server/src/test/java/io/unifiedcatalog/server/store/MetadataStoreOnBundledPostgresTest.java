package io.unifiedcatalog.server.store;

class MetadataStoreOnBundledPostgresTest extends MetadataStoreContract {
  @Override
  TestPostgres postgres() {
    return TestPostgres.BUNDLED;
  }
}
