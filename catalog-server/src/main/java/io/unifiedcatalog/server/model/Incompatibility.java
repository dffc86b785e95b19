package io.unifiedcatalog.server.model;

/**
 * One reason why two versions of a schema do not go together.
 *
 * @param rule its name in UPPER_SNAKE_CASE; Buf's where Buf has one
 * @param oldPlace where it is in the older version, as in {@code shop/click.proto:7:3
 *     shop.Click.id}; empty: it is not in it
 * @param newPlace where it is in the newer version; empty: it is not in it
 * @param message what is wrong, one sentence
 * @param remedy how the change can be made compatibly, one sentence
 */
public record Incompatibility(
    String rule, String oldPlace, String newPlace, String message, String remedy) {}
