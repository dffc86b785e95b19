@NullMarked
package io.unifiedcatalog.server.model;

import org.jspecify.annotations.NullMarked;
