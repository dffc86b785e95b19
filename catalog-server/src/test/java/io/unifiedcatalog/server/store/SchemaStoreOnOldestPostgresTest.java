package io.unifiedcatalog.server.store;

class SchemaStoreOnOldestPostgresTest extends SchemaStoreContract {
  @Override
  TestPostgres postgres() {
    return TestPostgres.OLDEST;
  }
}
