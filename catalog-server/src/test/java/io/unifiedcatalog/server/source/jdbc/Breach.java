package io.unifiedcatalog.server.source.jdbc;

import io.unifiedcatalog.server.source.breach.BreachHelper;

/** Breaks a rule of ArchitectureTest, so that it is seen to hold. */
record Breach(BreachHelper helper) {}
