// SPDX-License-Identifier: Apache-2.0

package import ImgtoolCore

/// Where the cells of a contact sheet lie; all in pixels, origin top-left.
package struct SheetLayout: Sendable, Hashable {
  /// The room for one picture, or for a pair of them.
  package let cell: PixelSize
  package let columns: Int
  package let rows: Int
  /// The room below each picture for its caption; 0 without captions.
  package let captionHeight: Int
  package let gap: Int

  /// How high one line of a caption is.
  static let lineHeight = 18
  /// The most pixels a sheet may have, 192 MiB of samples.
  package static let mostPixels = 64 << 20

  /// - `columns`: nothing makes the sheet about half as wide again as high.
  /// - `captionLines`: 0 to 2.
  /// - Throws: `.limit` for a sheet of too many pixels.
  package init(count: Int, cell: PixelSize, columns: Int?, captionLines: Int) throws(ImgtoolError) {
    let gap = 12
    let captionHeight = captionLines == 0 ? 0 : captionLines * Self.lineHeight + 6
    let (width, height) = (Double(cell.width + gap), Double(cell.height + captionHeight + gap))
    let balanced = Int((Double(count) * 1.5 * height / width).squareRoot().rounded())
    let chosen = min(max(1, columns ?? balanced), max(1, count))
    (self.cell, self.columns, self.captionHeight, self.gap) = (cell, chosen, captionHeight, gap)
    rows = (max(1, count) + chosen - 1) / chosen
    let size = size
    guard size.longSide <= 65_500, size.area <= Self.mostPixels else {
      throw ImgtoolError(
        .limit, "A sheet of \(count) cells would have \(size) pixels; give smaller cells or fewer images.")
    }
  }

  /// The size of the sheet.
  package var size: PixelSize {
    PixelSize(
      clamping: columns * (cell.width + gap) + gap, rows * (cell.height + captionHeight + gap) + gap)
  }

  /// Where the cell of a number lies, counted along the rows.
  package func origin(_ number: Int) -> (x: Int, y: Int) {
    (
      gap + number % columns * (cell.width + gap),
      gap + number / columns * (cell.height + captionHeight + gap)
    )
  }

  /// The sizes at which pictures lie side by side in a cell: one height, as large as fits, never enlarged fourfold.
  package func sizes(of pictures: [PixelSize]) -> [PixelSize] {
    let room = Double(cell.width - (pictures.count - 1) * gap / 2)
    let ratios = pictures.map { Double($0.width) / Double($0.height) }
    var height = min(Double(cell.height), room / ratios.reduce(0, +))
    if let tallest = pictures.map(\.height).max() { height = min(height, Double(tallest) * 4) }
    return ratios.map { ratio in
      PixelSize(clamping: min(cell.width, max(1, Int(height * ratio))), min(cell.height, max(1, Int(height))))
    }
  }
}
