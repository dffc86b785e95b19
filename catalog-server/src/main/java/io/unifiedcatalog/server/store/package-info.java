@NullMarked
package io.unifiedcatalog.server.store;

import org.jspecify.annotations.NullMarked;
