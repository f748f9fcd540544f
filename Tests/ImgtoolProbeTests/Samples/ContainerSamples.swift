// SPDX-License-Identifier: Apache-2.0

/// Small whole files of the formats that are trees: TIFF, HEIF, JPEG XL and JPEG 2000.
enum ContainerSamples {
  // MARK: TIFF

  /// Pages of one strip each, uncompressed.
  static func tiff(
    _ width: Int = 40, _ height: Int = 30, pages: Int = 1, isLittle: Bool = true, isBig: Bool = false,
    samples: Int = 3, photometric: Int = 2, extra: [Field] = [], lastLink: Int = 0
  ) -> [UInt8] {
    let data = [UInt8](repeating: 7, count: width * height * samples)
    let bits = Array(repeating: 8, count: samples)
    var fields = [
      Field(256, 3, width), Field(257, 3, height), Field(many: 258, bits), Field(259, 3, 1),
      Field(262, 3, photometric), Field(273, 4, isBig ? 16 : 8), Field(277, 3, samples), Field(278, 3, height),
      Field(279, 4, data.count),
    ]
    fields = (fields + extra).sorted { $0.tag < $1.tag }
    return MetadataSamples.tiff(
      Array(repeating: fields, count: pages), isLittle: isLittle, isBig: isBig, data: data, lastLink: lastLink)
  }

  // MARK: Boxes

  static func box(_ type: String, _ body: [UInt8]) -> [UInt8] {
    ByteBuilder.big(body.count + 8, 4) + Array(type.utf8) + body
  }

  static func fullBox(_ type: String, version: Int = 0, flags: Int = 0, _ body: [UInt8]) -> [UInt8] {
    box(type, ByteBuilder.big(version << 24 | flags, 4) + body)
  }

  // MARK: HEIF

  /// One picture of one item, with properties in the order given, and EXIF in a second item.
  static func heif(
    brand: String = "avif", properties: [[UInt8]], exif: [UInt8]? = nil, alpha: Bool = false
  ) -> [UInt8] {
    let item = { (id: Int, type: String) in
      fullBox("infe", version: 2, ByteBuilder.big(id, 2) + [0, 0] + Array(type.utf8) + [0])
    }
    var entries = [item(1, "av01")]
    if exif != nil { entries.append(item(2, "Exif")) }
    if alpha { entries.append(item(3, "av01")) }
    var containers = properties
    containers.append(fullBox("auxC", Array("urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0".utf8)))
    let own = ByteBuilder.big(1, 2) + [UInt8(properties.count)] + (1...properties.count).map { UInt8($0) }
    let plane = alpha ? ByteBuilder.big(3, 2) + [1, UInt8(containers.count)] : []
    let association = fullBox("ipma", ByteBuilder.big(alpha ? 2 : 1, 4) + own + plane)
    var references: [UInt8] = []
    if exif != nil {
      references += box("cdsc", ByteBuilder.big(2, 2) + ByteBuilder.big(1, 2) + ByteBuilder.big(1, 2))
    }
    if alpha { references += box("auxl", ByteBuilder.big(3, 2) + ByteBuilder.big(1, 2) + ByteBuilder.big(1, 2)) }
    let pixels: [UInt8] = [0x0A, 1, 2, 3, 4, 5, 6, 7]
    let exifItem = exif.map { ByteBuilder.big(0, 4) + $0 } ?? []
    let head = box("ftyp", Array(brand.utf8) + [0, 0, 0, 0] + Array("mif1".utf8))
    func meta(_ start: Int) -> [UInt8] {
      let place = { (id: Int, offset: Int, length: Int) in
        ByteBuilder.big(id, 2) + [0, 0] + ByteBuilder.big(1, 2) + ByteBuilder.big(offset, 4)
          + ByteBuilder.big(length, 4)
      }
      var places = place(1, start, pixels.count)
      if exif != nil { places += place(2, start + pixels.count, exifItem.count) }
      if alpha { places += place(3, start, pixels.count) }
      return fullBox(
        "meta",
        fullBox("hdlr", [0, 0, 0, 0] + Array("pict".utf8) + [UInt8](repeating: 0, count: 13))
          + fullBox("pitm", ByteBuilder.big(1, 2))
          + fullBox("iloc", [0x44, 0] + ByteBuilder.big(entries.count, 2) + places)
          + fullBox("iinf", ByteBuilder.big(entries.count, 2) + entries.flatMap { $0 })
          + (references.isEmpty ? [] : fullBox("iref", references))
          + box("iprp", box("ipco", containers.flatMap { $0 }) + association))
    }
    let start = head.count + meta(0).count + 8
    return head + meta(start) + box("mdat", pixels + exifItem)
  }

  static func extent(_ width: Int, _ height: Int) -> [UInt8] {
    fullBox("ispe", ByteBuilder.big(width, 4) + ByteBuilder.big(height, 4))
  }

  static func rotation(_ quarters: Int) -> [UInt8] { box("irot", [UInt8(quarters)]) }
  static func mirror(_ mode: Int) -> [UInt8] { box("imir", [UInt8(mode)]) }
  static let depths = fullBox("pixi", [3, 8, 8, 8])
  static let codec = box("av1C", [0x81, 0x00, 0x0C, 0x00])

  static func avif() -> [UInt8] {
    heif(
      properties: [
        extent(40, 30), depths, codec, rotation(3), box("colr", Array("prof".utf8) + MetadataSamples.icc("Tiny")),
      ],
      exif: MetadataSamples.exif(orientation: 6, hasPosition: true), alpha: true)
  }

  // MARK: JPEG XL

  /// A bare codestream: 8-aligned height and width of 32 and 40, all defaults.
  static let jxl: [UInt8] = {
    var bits: [Int] = [1] + bitsOf(3, 5) + bitsOf(0, 3) + bitsOf(4, 5) + [1]
    while bits.count % 8 != 0 { bits.append(0) }
    let packed = stride(from: 0, to: bits.count, by: 8).map { start in
      UInt8((0..<8).reduce(0) { $0 | bits[start + $1] << $1 })
    }
    return [0xFF, 0x0A] + packed + [1, 2, 3, 4]
  }()

  static func bitsOf(_ value: Int, _ count: Int) -> [Int] { (0..<count).map { (value >> $0) & 1 } }

  static let boxedJXL: [UInt8] =
    box("JXL ", [0x0D, 0x0A, 0x87, 0x0A]) + box("ftyp", Array("jxl \0\0\0\0jxl ".utf8)) + box("jxlc", jxl)

  // MARK: JPEG 2000

  static func codestream(_ width: Int, _ height: Int, components: Int = 3) -> [UInt8] {
    let size =
      ByteBuilder.big(0, 2) + [width + 2, height + 1, 2, 1, width, height, 0, 0].flatMap { ByteBuilder.big($0, 4) }
      + ByteBuilder.big(components, 2) + (0..<components).flatMap { _ in [7, 1, 1] as [UInt8] }
    return [0xFF, 0x4F, 0xFF, 0x51] + ByteBuilder.big(size.count + 2, 2) + size + [0xFF, 0xD9]
  }

  static let jp2: [UInt8] =
    box("jP  ", [0x0D, 0x0A, 0x87, 0x0A]) + box("ftyp", Array("jp2 \0\0\0\0jp2 ".utf8))
    + box("jp2h", box("colr", [1, 0, 0] + ByteBuilder.big(16, 4))) + box("jp2c", codestream(40, 30))
}

extension Field {
  /// A field of short numbers given as a list.
  init(many tag: Int, _ values: [Int]) {
    self.tag = tag
    type = 3
    self.values = values
  }
}
