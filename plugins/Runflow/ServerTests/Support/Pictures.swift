// SPDX-License-Identifier: Apache-2.0
import RunflowServer

/// Pictures and archives made by code.
enum Pictures {
  /// A grey PNG with a slope in it: signature, IHDR, one stored deflate block, IEND (PNG third edition §5, §10).
  static func png(width: Int, height: Int) -> [UInt8] {
    var rows: [UInt8] = []
    for y in 0..<height {
      rows.append(0)
      for x in 0..<width { rows.append(UInt8(truncatingIfNeeded: x * 16 + y * 8)) }
    }
    var header = big(UInt32(width)) + big(UInt32(height))
    header += [8, 0, 0, 0, 0]
    var data: [UInt8] = [0x78, 0x01, 0x01]
    data += [
      UInt8(rows.count & 255), UInt8(rows.count >> 8), UInt8(~rows.count & 255), UInt8((~rows.count >> 8) & 255),
    ]
    data += rows + big(adler(rows))
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header) + chunk("IDAT", data)
      + chunk("IEND", [])
  }

  private static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
    big(UInt32(data.count)) + Array(name.utf8) + data + big(CRC32.of(Array(name.utf8) + data))
  }

  private static func big(_ number: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
  }

  private static func adler(_ bytes: [UInt8]) -> UInt32 {
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      a = (a + UInt32(byte)) % 65_521
      b = (b + a) % 65_521
    }
    return b << 16 | a
  }
}

/// One file of an archive to be written.
struct ZipFile {
  var name: String
  var data: [UInt8]
  /// The unpacked bytes where `data` is deflated.
  var unpacked: [UInt8]?
  var flags = 0
  var externalAttributes = 0
  /// A size to claim in place of the true one.
  var claimedSize: Int?
  var method: Int?

  init(_ name: String, _ data: [UInt8], unpacked: [UInt8]? = nil) {
    self.name = name
    self.data = data
    self.unpacked = unpacked
  }
}

extension Pictures {
  /// An archive of files, stored or deflated by the caller (APPNOTE 6.3.10 §4.3).
  static func zip(_ files: [ZipFile]) -> [UInt8] {
    func little(_ number: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
    var out: [UInt8] = []
    var directory: [UInt8] = []
    for file in files {
      let content = file.unpacked ?? file.data
      let method = file.method ?? (file.unpacked == nil ? 0 : 8)
      let common =
        little(file.flags, 2) + little(method, 2) + little(0, 4) + little(Int(CRC32.of(content)), 4)
        + little(file.data.count, 4) + little(file.claimedSize ?? content.count, 4) + little(file.name.utf8.count, 2)
        + little(0, 2)
      directory += little(0x0201_4B50, 4) + little(20, 2) + little(20, 2) + common + little(0, 2) + little(0, 2)
      directory += little(0, 2) + little(file.externalAttributes, 4) + little(out.count, 4) + Array(file.name.utf8)
      out += little(0x0403_4B50, 4) + little(20, 2) + common + Array(file.name.utf8) + file.data
    }
    let end =
      little(0x0605_4B50, 4) + little(0, 4) + little(files.count, 2) + little(files.count, 2)
      + little(directory.count, 4) + little(out.count, 4) + little(0, 2)
    return out + directory + end
  }
}
