/**
 * What Redis' connector and the catalog's server have in common: which keys are a table's, texts,
 * and connections.
 */
@NullMarked
package io.unifiedcatalog.redis;

import org.jspecify.annotations.NullMarked;
