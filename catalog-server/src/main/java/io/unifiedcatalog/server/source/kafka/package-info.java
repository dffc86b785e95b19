/** Kafka: topics, whose tables are registered. */
@NullMarked
package io.unifiedcatalog.server.source.kafka;

import org.jspecify.annotations.NullMarked;
