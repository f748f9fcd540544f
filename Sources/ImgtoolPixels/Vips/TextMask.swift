// SPDX-License-Identifier: Apache-2.0
import CVips
package import ImgtoolCore

/// One line of text as a mask, drawn by libvips with the fonts of this machine.
package struct TextMask: Sendable, Hashable {
  package let size: PixelSize
  /// 0…255 for each pixel, rows from the top.
  package let opacities: [UInt8]

  /// Draws text; markup in it is shown and not obeyed (libvips: vips_text).
  ///
  /// - Parameter font: a name and a size in pixels, as "sans 13".
  /// - Throws: `.unsupported` where libvips was built without Pango.
  package init(_ text: String, font: String, on thread: borrowing VipsThread) throws(ImgtoolError) {
    try thread.check()
    // A pool that decodes elsewhere has not needed libvips so far.
    try Vips.start()
    var markup = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": markup += "&amp;"
      case "<": markup += "&lt;"
      case ">": markup += "&gt;"
      // What Pango refuses altogether.
      case _ where scalar.value < 0x20 || scalar.value == 0x7F: markup += " "
      default: markup.unicodeScalars.append(scalar)
      }
    }
    // Nothing at all cannot be drawn.
    let isBlank = markup.unicodeScalars.allSatisfy(\.properties.isWhitespace)
    guard let image = cvips_text(isBlank ? "." : markup, font) else {
      throw Vips.failure(.unsupported, "The installed libvips cannot draw text.")
    }
    let picture = Picture(owning: image, watch: thread.watch, readsFile: false)
    size = picture.size
    let samples = try picture.samples8()
    opacities = isBlank ? samples.map { _ in 0 } : samples
  }
}
