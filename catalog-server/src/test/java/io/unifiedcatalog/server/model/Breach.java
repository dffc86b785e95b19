package io.unifiedcatalog.server.model;

import com.github.benmanes.caffeine.cache.Cache;
import io.unifiedcatalog.proto.v1.Table;
import io.unifiedcatalog.server.api.Tokens;
import java.sql.Connection;

/** Breaks rules of ArchitectureTest, so that they are seen to hold. */
record Breach(Connection connection, Cache<String, String> cache, Table table, Tokens tokens) {}
