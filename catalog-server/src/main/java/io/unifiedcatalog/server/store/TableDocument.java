package io.unifiedcatalog.server.store;

import io.unifiedcatalog.server.model.Overlay;
import io.unifiedcatalog.server.model.PhysicalTable;

/**
 * The layers of a table as the store keeps them: JSON texts. Equal layers are equal texts, so a
 * fingerprint may be taken of one.
 */
public final class TableDocument {
  private TableDocument() {}

  /** Writes a physical layer. */
  public static String encode(PhysicalTable table) {
    return Json.write(table);
  }

  /**
   * Reads a physical layer. What a later release added to the text is skipped.
   *
   * @throws IllegalArgumentException if the text is not one
   */
  public static PhysicalTable decodePhysicalTable(String text) {
    return Json.read(text, PhysicalTable.class);
  }

  /** Writes an overlay. */
  public static String encode(Overlay overlay) {
    return Json.write(overlay);
  }

  /**
   * Reads an overlay. What a later release added to the text is skipped.
   *
   * @throws IllegalArgumentException if the text is not one
   */
  public static Overlay decodeOverlay(String text) {
    return Json.read(text, Overlay.class);
  }
}
