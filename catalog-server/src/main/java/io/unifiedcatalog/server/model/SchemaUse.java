package io.unifiedcatalog.server.model;

import java.util.UUID;

/**
 * How a table uses a subject of the schema registry.
 *
 * @param role the part of a record that it describes, as in {@code value}
 * @param subjectId the subject, for good
 * @param subject its name
 * @param version the version whose columns the table has
 * @param pinned whether it stays at that version; if not, it follows the newest one
 * @param message the full name of the message; empty for a kind of schema that has none
 */
public record SchemaUse(
    String role, UUID subjectId, String subject, long version, boolean pinned, String message) {}
