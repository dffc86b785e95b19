package io.unifiedcatalog.server.store;

class MetadataStoreOnOldestPostgresTest extends MetadataStoreContract {
  @Override
  TestPostgres postgres() {
    return TestPostgres.OLDEST;
  }
}
