// SPDX-License-Identifier: Apache-2.0
import CVips
package import ImgtoolCore

extension Picture {
  /// The colours as an sRGB screen shows them, with 8 bits: for judging, never for results.
  ///
  /// Through the embedded profile where there is one that works, otherwise by the meaning of the samples; CMYK without
  /// a profile through libvips' own. Alpha stays.
  /// - Throws: `.unsupported` for samples that have no colour.
  package func inSRGB() throws(ImgtoolError) -> Picture {
    let narrow = try inEightBits()
    if narrow.has(.icc) {
      if let image = cvips_icc_to_srgb(narrow.image) {
        return try Picture(owning: image, watch: watch, readsFile: readsFile).withThreeColours()
      }
      // A broken or foreign profile is ignored, as browsers do.
      Vips.takeErrorText()
    }
    guard let image = cvips_colourspace(narrow.image, VIPS_INTERPRETATION_sRGB) else {
      throw Vips.failure(.unsupported, "The samples of the picture cannot be shown as colours.")
    }
    return Picture(owning: image, watch: watch, readsFile: readsFile)
  }

  /// Alpha replaced by one grey, of `level` 0…1, behind the picture; the same picture where there is no alpha.
  package func flattened(onGrey level: Double) throws(ImgtoolError) -> Picture {
    guard hasAlpha else { return try shared() }
    var colour = [Double](repeating: level * fullAlpha, count: bands - 1)
    return try derived("Alpha cannot be removed.") { cvips_flatten($0, &colour, Int32(colour.count)) }
  }

  /// Alpha replaced by a colour behind the picture, each part 0…1; the same picture where there is no alpha.
  package func flattened(on colour: FillColour) throws(ImgtoolError) -> Picture {
    guard hasAlpha else { return try shared() }
    var values = Array(colour.samples(bands: bands, full: fullAlpha).dropLast())
    return try derived("Alpha cannot be removed.") { cvips_flatten($0, &values, Int32(values.count)) }
  }

  /// 8-bit grey and RGB with 16 bits, 255 becoming 65535; anything else unchanged.
  func inSixteenBits() throws(ImgtoolError) -> Picture {
    let meaning: VipsInterpretation
    switch (sample, interpretation) {
    case (.u8, .grey): meaning = VIPS_INTERPRETATION_GREY16
    case (.u8, .rgb): meaning = VIPS_INTERPRETATION_RGB16
    default: return try shared()
    }
    let complaint = "8 bits cannot be widened"
    // v × 257 = v × 256 + v
    let high = try derived(complaint) { cvips_cast($0, VIPS_FORMAT_USHORT, 1) }
    return try high.derived(complaint) { cvips_add($0, image) }
      .derived(complaint) { cvips_cast($0, VIPS_FORMAT_USHORT, 0) }
      .derived(complaint) { cvips_reinterpret($0, meaning) }
  }

  /// 16-bit grey and RGB with their upper 8 bits; anything else unchanged.
  func inEightBits() throws(ImgtoolError) -> Picture {
    let meaning: VipsInterpretation
    switch (sample, interpretation) {
    case (.u16, .grey16): meaning = VIPS_INTERPRETATION_B_W
    case (.u16, .rgb16): meaning = VIPS_INTERPRETATION_sRGB
    default: return try shared()
    }
    let complaint = "16 bits cannot be narrowed"
    return try derived(complaint) { cvips_cast($0, VIPS_FORMAT_UCHAR, 1) }
      .derived(complaint) { cvips_reinterpret($0, meaning) }
  }

  /// Grey, which a grey profile may leave grey, as RGB.
  private func withThreeColours() throws(ImgtoolError) -> Picture {
    guard bands < 3 else { return try shared() }
    return try derived("Grey cannot be shown as colours.") { cvips_colourspace($0, VIPS_INTERPRETATION_sRGB) }
  }
}
