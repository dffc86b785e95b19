@NullMarked
package io.unifiedcatalog.server.source.mysql;

import org.jspecify.annotations.NullMarked;
