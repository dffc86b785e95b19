@NullMarked
package io.unifiedcatalog.server.api;

import org.jspecify.annotations.NullMarked;
