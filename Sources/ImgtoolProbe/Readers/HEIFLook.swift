// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// What the properties of one item say of its look (ISO/IEC 23008-12 §6.5).
struct HEIFLook {
  private(set) var orientation = Orientation.up
  private(set) var turns = false
  private(set) var profile: ByteRange?
  private(set) var coding: String?
  private(set) var isGrey = false
  private var sides: (width: Int, height: Int)?
  private var crop: (width: Int, height: Int)?
  private var channelBits: Int?
  private var codingBits: Int?

  var bits: Int { channelBits ?? codingBits ?? 8 }

  /// The size before turning: the extent of the item, or its clean aperture where it has one.
  func size() throws(HeaderFault) -> PixelSize {
    guard let sides else { throw .malformed("its primary picture has no size") }
    let whole = try PixelSize(stated: sides.width, sides.height)
    guard let crop, let cropped = PixelSize(width: crop.width, height: crop.height),
      cropped.width <= whole.width, cropped.height <= whole.height
    else { return whole }
    return cropped
  }

  mutating func take(_ box: Box, _ window: inout ByteWindow) throws(HeaderFault) {
    switch box.type {
    case fourCC("ispe") where box.length >= 12:
      sides = (try window.big32(at: box.body + 4), try window.big32(at: box.body + 8))
    case fourCC("pixi") where box.length >= 6:
      isGrey = try window.byte(at: box.body + 4) == 1
      channelBits = min(max(try window.byte(at: box.body + 5), 1), 32)
    case fourCC("irot") where box.length >= 1:
      let quarters = try window.byte(at: box.body) & 3  // anticlockwise
      let turn: [Orientation] = [.up, .left, .down, .right]
      orientation = orientation.followed(by: turn[quarters])
      turns = true
    case fourCC("imir") where box.length >= 1:
      // 0 exchanges top and bottom, 1 left and right (ISO/IEC 23008-12:2022 §6.5.12).
      orientation = orientation.followed(by: try window.byte(at: box.body) & 1 == 0 ? .downMirrored : .upMirrored)
      turns = true
    case fourCC("clap") where box.length >= 32: try takeAperture(box, &window)
    case fourCC("colr") where box.length >= 4: try takeColour(box, &window)
    default: try takeCoding(box, &window)
    }
  }

  /// The configuration of the codec, from the item itself or from a tile of a grid.
  mutating func takeCoding(_ box: Box, _ window: inout ByteWindow) throws(HeaderFault) {
    switch box.type {
    case fourCC("av1C") where box.length >= 4:  // AV1-ISOBMFF §2.3.3
      let flags = try window.byte(at: box.body + 2)
      codingBits = flags & 0x40 == 0 ? 8 : (flags & 0x20 == 0 ? 10 : 12)
      if flags & 0x10 != 0 { isGrey = true }
      coding = "av1"
    case fourCC("hvcC") where box.length >= 23:  // ISO/IEC 14496-15 §8.3.3.1
      codingBits = (try window.byte(at: box.body + 17) & 7) + 8
      if try window.byte(at: box.body + 16) & 3 == 0 { isGrey = true }
      coding = "hevc"
    case fourCC("avcC"): coding = "avc"
    case fourCC("vvcC"): coding = "vvc"
    case fourCC("jpgC"): coding = "jpeg"
    default: break
    }
  }

  /// Width and height are fractions, rounded to the nearest pixel (ISO/IEC 14496-12 §12.1.4).
  private mutating func takeAperture(_ box: Box, _ window: inout ByteWindow) throws(HeaderFault) {
    let values = try window.bytes(at: box.body, 16)
    let (width, widthUnit) = (values.big32, (values + 4).big32)
    let (height, heightUnit) = ((values + 8).big32, (values + 12).big32)
    guard widthUnit > 0, heightUnit > 0 else { return }
    crop = ((width + widthUnit / 2) / widthUnit, (height + heightUnit / 2) / heightUnit)
  }

  private mutating func takeColour(_ box: Box, _ window: inout ByteWindow) throws(HeaderFault) {
    let kind = try window.big32(at: box.body)
    guard kind == fourCC("prof") || kind == fourCC("rICC"), box.length > 4 else { return }
    profile = ByteRange(offset: box.body + 4, length: box.length - 4)
  }
}
