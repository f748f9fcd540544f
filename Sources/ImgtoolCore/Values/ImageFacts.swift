// SPDX-License-Identifier: Apache-2.0

/// What the header of one image says, before a pixel is decoded.
public struct ImageFacts: Sendable, Hashable, Codable {
  public var format: ImageFormat
  /// The size of one frame as stored, before orientation.
  public var storedSize: PixelSize
  public var orientation: Orientation
  public var orientationSource: OrientationSource
  /// The orientation an XMP packet states (tiff:Orientation), reported and never applied.
  public var xmpOrientation: Int?
  /// Bits of one sample, 1–32.
  public var bitsPerSample: Int
  /// Samples of one stored pixel, alpha included; 1 for a palette.
  public var channels: Int
  public var colourModel: ColourModel
  public var hasAlpha: Bool
  /// Frames or pages, at least 1.
  public var frameCount: Int
  /// How often an animation plays, 0 for ever; nothing for a still image.
  public var loopCount: Int?
  public var icc: ICCFacts?
  public var exif: ByteRange?
  public var xmp: ByteRange?
  /// Whether EXIF holds a GPS position (EXIF 2.32 §4.6.6).
  public var hasLocation: Bool
  /// The coding inside the container, for example "baseline", "progressive", "lossless", "vp8l", "av1".
  public var coding: String
  /// Whether the decoders this project uses can decode that coding.
  public var isDecodable: Bool
  /// Whether decoding needs the whole frame in memory (progressive, interlaced, HEIF, animation).
  public var isInterlaced: Bool
  public var fileBytes: ByteCount
  /// What is odd about the header without making it unreadable.
  public var notes: [Finding]

  public init(
    format: ImageFormat, storedSize: PixelSize, orientation: Orientation = .up,
    orientationSource: OrientationSource = .none, xmpOrientation: Int? = nil, bitsPerSample: Int = 8,
    channels: Int = 3, colourModel: ColourModel = .rgb, hasAlpha: Bool = false, frameCount: Int = 1,
    loopCount: Int? = nil, icc: ICCFacts? = nil, exif: ByteRange? = nil, xmp: ByteRange? = nil,
    hasLocation: Bool = false, coding: String = "", isDecodable: Bool = true, isInterlaced: Bool = false,
    fileBytes: ByteCount = ByteCount(0), notes: [Finding] = []
  ) {
    self.format = format
    self.storedSize = storedSize
    self.orientation = orientation
    self.orientationSource = orientationSource
    self.xmpOrientation = xmpOrientation
    self.bitsPerSample = bitsPerSample
    self.channels = channels
    self.colourModel = colourModel
    self.hasAlpha = hasAlpha
    self.frameCount = frameCount
    self.loopCount = loopCount
    self.icc = icc
    self.exif = exif
    self.xmp = xmp
    self.hasLocation = hasLocation
    self.coding = coding
    self.isDecodable = isDecodable
    self.isInterlaced = isInterlaced
    self.fileBytes = fileBytes
    self.notes = notes
  }

  /// The size as a viewer shows it: width × height after orientation.
  public var displaySize: PixelSize { orientation.applied(to: storedSize) }
  public var isAnimated: Bool { frameCount > 1 }
}

/// Where the orientation was read.
public enum OrientationSource: String, Sendable, Hashable, Codable {
  /// Nothing states one: the pixels are upright.
  case none
  /// EXIF tag 0x0112.
  case exif
  /// The `irot` and `imir` properties of HEIF (ISO/IEC 23008-12 §6.5.10, §6.5.12); EXIF is then ignored.
  case itemProperties
}

/// The meaning of the stored samples.
public enum ColourModel: String, Sendable, Hashable, Codable {
  case grey, rgb, palette, cmyk, ycck, lab, other
}

/// The embedded ICC profile, from its first 128 bytes and its description tag (ICC.1:2022 §7.2, §9.2.41).
public struct ICCFacts: Sendable, Hashable, Codable {
  public var bytes: ByteRange
  public var description: String?
  /// The signature of the data colour space, trimmed: "RGB", "GRAY", "CMYK", "Lab".
  public var colourSpace: String?

  public init(bytes: ByteRange, description: String? = nil, colourSpace: String? = nil) {
    self.bytes = bytes
    self.description = description
    self.colourSpace = colourSpace
  }
}

/// A run of bytes in the file: its first offset and its length.
public struct ByteRange: Sendable, Hashable, Codable {
  public var offset: Int
  public var length: Int

  public init(offset: Int, length: Int) {
    self.offset = offset
    self.length = length
  }
}
