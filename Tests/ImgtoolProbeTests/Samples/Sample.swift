// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import Testing

/// A named whole file, so that a failing case says which one.
struct Sample: Sendable, CustomTestStringConvertible {
  let name: String
  let format: ImageFormat
  let bytes: [UInt8]
  var testDescription: String { name }

  init(_ name: String, _ format: ImageFormat, _ bytes: [UInt8]) {
    self.name = name
    self.format = format
    self.bytes = bytes
  }

  /// One of each format and of each way a format has of saying things.
  static let all: [Sample] = [
    Sample("JPEG", .jpeg, RasterSamples.jpeg()),
    Sample("JPEG with metadata", .jpeg, RasterSamples.jpeg(segments: richSegments)),
    Sample("PNG", .png, RasterSamples.png()),
    Sample("PNG with metadata", .png, RasterSamples.png(type: 3, chunks: richChunks)),
    Sample("APNG", .png, RasterSamples.apng()),
    Sample("WebP", .webp, RasterSamples.webp()),
    Sample("WebP with metadata", .webp, RasterSamples.richWebP()),
    Sample("animated WebP", .webp, RasterSamples.animatedWebP()),
    Sample("GIF", .gif, RasterSamples.gif()),
    Sample("animated GIF", .gif, RasterSamples.gif(frames: 3, isTransparent: true, extensions: RasterSamples.loop(4))),
    Sample("TIFF", .tiff, ContainerSamples.tiff(8, 6)),
    Sample("TIFF of three pages, big-endian", .tiff, ContainerSamples.tiff(8, 6, pages: 3, isLittle: false)),
    Sample("BigTIFF", .tiff, ContainerSamples.tiff(8, 6, pages: 2, isBig: true)),
    Sample("AVIF", .avif, ContainerSamples.avif()),
    Sample("BMP", .bmp, RasterSamples.bmp()),
    Sample("JPEG XL", .jxl, ContainerSamples.jxl),
    Sample("boxed JPEG XL", .jxl, ContainerSamples.boxedJXL),
    Sample("JPEG 2000", .jp2, ContainerSamples.jp2),
  ]

  static let richSegments: [UInt8] =
    RasterSamples.exifSegment(MetadataSamples.exif(orientation: 6, isLittle: false, hasPosition: true))
    + RasterSamples.xmpSegment(MetadataSamples.xmp(orientation: 8))
    + RasterSamples.iccSegments(MetadataSamples.icc("Tiny", version: 2), parts: 2)

  static let richChunks: [UInt8] =
    RasterSamples.chunk("iCCP", Array("Tiny\0\0".utf8) + [1, 2, 3])
    + RasterSamples.chunk("eXIf", MetadataSamples.exif(orientation: 8))
    + RasterSamples.chunk("iTXt", Array("XML:com.adobe.xmp\0\0\0\0\0".utf8) + MetadataSamples.xmp(orientation: 8))
    + RasterSamples.chunk("PLTE", [0, 0, 0, 255, 255, 255]) + RasterSamples.chunk("tRNS", [0])
}
