/**
 * Kinds of schemas that people register, a folder each. A kind parses, compares and maps a schema
 * to columns; it stores nothing and knows no source.
 */
@NullMarked
package io.unifiedcatalog.server.schema;

import org.jspecify.annotations.NullMarked;
