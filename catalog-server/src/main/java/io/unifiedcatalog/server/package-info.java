@NullMarked
package io.unifiedcatalog.server;

import org.jspecify.annotations.NullMarked;
