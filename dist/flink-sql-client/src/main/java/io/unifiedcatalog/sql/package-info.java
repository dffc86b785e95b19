@NullMarked
package io.unifiedcatalog.sql;

import org.jspecify.annotations.NullMarked;
