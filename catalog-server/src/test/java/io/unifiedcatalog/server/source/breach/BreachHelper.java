package io.unifiedcatalog.server.source.breach;

import io.unifiedcatalog.server.schema.SchemaKind;
import io.unifiedcatalog.server.source.mysql.MySqlSource;

/** Breaks rules of ArchitectureTest, so that they are seen to hold. */
public record BreachHelper(MySqlSource source, SchemaKind kind) {}
