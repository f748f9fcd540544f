// SPDX-License-Identifier: Apache-2.0

/// One field of a TIFF directory: its tag, its type, and its values as numbers.
struct Field {
  let tag: Int
  let type: Int
  let values: [Int]

  init(_ tag: Int, _ type: Int, _ values: Int...) {
    self.tag = tag
    self.type = type
    self.values = values
  }

  init(_ tag: Int, bytes: [UInt8]) {
    self.tag = tag
    type = 7
    values = bytes.map(Int.init)
  }

  var width: Int { [3: 2, 4: 4, 5: 8, 16: 8][type] ?? 1 }
}

/// EXIF, TIFF directories, ICC profiles and XMP packets, built by the book.
enum MetadataSamples {
  /// A TIFF structure with a chain of directories; `data` is placed behind the header and before them.
  static func tiff(
    _ directories: [[Field]], isLittle: Bool = true, isBig: Bool = false, data: [UInt8] = [], lastLink: Int = 0
  ) -> [UInt8] {
    var out = ByteBuilder()
    let word = isBig ? 8 : 4
    out.add(isLittle ? [0x49, 0x49] : [0x4D, 0x4D])
    out.number(isBig ? 43 : 42, 2, isLittle: isLittle)
    if isBig {
      out.number(8, 2, isLittle: isLittle)
      out.number(0, 2, isLittle: isLittle)
    }
    out.number((isBig ? 16 : 8) + data.count, word, isLittle: isLittle)
    out.add(data)
    for (index, fields) in directories.enumerated() {
      let start = out.bytes.count
      let end = start + (isBig ? 8 : 2) + fields.count * (isBig ? 20 : 12) + word
      var heap = ByteBuilder()
      out.number(fields.count, isBig ? 8 : 2, isLittle: isLittle)
      for field in fields {
        out.number(field.tag, 2, isLittle: isLittle)
        out.number(field.type, 2, isLittle: isLittle)
        out.number(field.values.count, word, isLittle: isLittle)
        var values = ByteBuilder()
        for value in field.values { values.number(value, field.width, isLittle: isLittle) }
        if values.bytes.count <= word {
          out.add(values.bytes + [UInt8](repeating: 0, count: word - values.bytes.count))
        } else {
          out.number(end + heap.bytes.count, word, isLittle: isLittle)
          heap.add(values.bytes)
        }
      }
      let isLast = index == directories.count - 1
      out.number(isLast ? lastLink : end + heap.bytes.count, word, isLittle: isLittle)
      out.add(heap.bytes)
    }
    return out.bytes
  }

  /// EXIF with an orientation and, if wanted, a position.
  static func exif(orientation: Int, isLittle: Bool = true, hasPosition: Bool = false) -> [UInt8] {
    guard hasPosition else { return tiff([[Field(0x0112, 3, orientation)]], isLittle: isLittle) }
    // The position's directory stands where the data of the helper goes: behind the header.
    var position = ByteBuilder()
    position.number(1, 2, isLittle: isLittle)
    position.number(2, 2, isLittle: isLittle)
    position.number(5, 2, isLittle: isLittle)
    position.number(3, 4, isLittle: isLittle)
    position.number(8, 4, isLittle: isLittle)
    position.number(0, 4, isLittle: isLittle)
    return tiff(
      [[Field(0x0112, 3, orientation), Field(0x8825, 4, 8)]], isLittle: isLittle,
      data: position.bytes + [UInt8](repeating: 0, count: 8))
  }

  /// A profile of a header and a description, version 2 (textDescription) or 4 (multi-localised).
  static func icc(_ description: String, space: String = "RGB ", version: Int = 4) -> [UInt8] {
    var element = ByteBuilder()
    if version == 4 {
      let units = Array(description.utf16)
      element.add(text: "mluc")
      element.big(0, 4)
      element.big(1, 4)
      element.big(12, 4)
      element.add(text: "enUS")
      element.big(units.count * 2, 4)
      element.big(28, 4)
      for unit in units { element.big(Int(unit), 2) }
    } else {
      element.add(text: "desc")
      element.big(0, 4)
      element.big(description.utf8.count + 1, 4)
      element.add(text: description)
      element.add([UInt8](repeating: 0, count: 1 + 78))
    }
    var out = ByteBuilder()
    out.big(128 + 16 + element.bytes.count + 128, 4)
    out.add([UInt8](repeating: 0, count: 4))
    out.big(version << 24, 4)
    out.add(text: "mntr" + space + "XYZ ")
    out.add([UInt8](repeating: 0, count: 12))
    out.add(text: "acsp")
    out.add([UInt8](repeating: 0, count: 88))
    out.big(1, 4)
    out.add(text: "desc")
    out.big(144, 4)
    out.big(element.bytes.count, 4)
    out.add(element.bytes + [UInt8](repeating: 0, count: 128))
    return out.bytes
  }

  static func xmp(orientation: Int) -> [UInt8] {
    Array("<x:xmpmeta><rdf:Description Other:O=\"1\" tiff:Orientation=\"\(orientation)\"/></x:xmpmeta>".utf8)
  }
}
