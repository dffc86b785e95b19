package io.unifiedcatalog.server.schema.breach;

import io.unifiedcatalog.server.schema.json.JsonSchema;
import io.unifiedcatalog.server.source.SourceSystem;

/** Breaks rules of ArchitectureTest, so that they are seen to hold. */
record Breach(JsonSchema kind, SourceSystem system) {}
