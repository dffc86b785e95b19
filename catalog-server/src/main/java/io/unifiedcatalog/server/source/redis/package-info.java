/**
 * Redis as a source: its tables are over patterns of keys, and are registered. What its data holds
 * can be looked at, to propose one.
 */
@NullMarked
package io.unifiedcatalog.server.source.redis;

import org.jspecify.annotations.NullMarked;
