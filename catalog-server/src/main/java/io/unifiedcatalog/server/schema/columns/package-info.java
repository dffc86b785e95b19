/** Plain columns as a schema: a list as in {@code CREATE TABLE}, read as JSON. */
@NullMarked
package io.unifiedcatalog.server.schema.columns;

import org.jspecify.annotations.NullMarked;
