/** JSON Schemas, read by Flink's own {@code json} format. */
@NullMarked
package io.unifiedcatalog.server.schema.json;

import org.jspecify.annotations.NullMarked;
