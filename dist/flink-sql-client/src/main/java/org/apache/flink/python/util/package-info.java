@NullMarked
package org.apache.flink.python.util;

import org.jspecify.annotations.NullMarked;
