/**
 * What the server, the command line and the Flink plugin of one user share on one machine: the
 * rules for files that hold secrets, and the entries by which clients find the tokens of the first
 * start. Needs the JDK only, as the plugin takes it along.
 */
@NullMarked
package io.unifiedcatalog.local;

import org.jspecify.annotations.NullMarked;
