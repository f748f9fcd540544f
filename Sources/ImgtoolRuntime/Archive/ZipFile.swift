// SPDX-License-Identifier: Apache-2.0

import Foundation
package import ImgtoolCore
import ImgtoolPixels

/// Writes a zip of stored files (PKWARE APPNOTE 6.3.10 §4.3): the same files give the same bytes.
///
/// Pictures are packed already, and a date or a person's file name is nothing to send.
package struct ZipFile: ~Copyable {
  private let file: AtomicFile
  private var directory: [UInt8] = []
  private var count = 0
  /// Bytes written so far.
  package private(set) var length = 0

  /// - Throws: `.storage`.
  package init(_ path: String) throws(ImgtoolError) { file = try AtomicFile(path, replaces: false) }

  /// Adds a file under an ASCII name that was not used before.
  ///
  /// - Throws: `.limit` beyond 4 GiB or 65535 files, `.storage`.
  package mutating func add(_ bytes: [UInt8], as name: String) throws(ImgtoolError) {
    guard count < 0xFFFF, length + bytes.count < 0xFFFF_FFFF - 1 << 20 else {
      throw ImgtoolError(.limit, "The pictures are too many for one zip.")
    }
    // Version 2.0, no flags, stored, 1 January 1980.
    let common =
      Self.little(0, 2) + Self.little(0, 2) + Self.little(0, 2) + Self.little(0x21, 2)
      + Self.little(Int(CRC32.checksum(bytes)), 4) + Self.little(bytes.count, 4) + Self.little(bytes.count, 4)
      + Self.little(name.utf8.count, 2) + Self.little(0, 2)
    directory += Self.little(0x0201_4B50, 4) + Self.little(20, 2) + Self.little(20, 2) + common
    directory += Self.little(0, 10) + Self.little(length, 4) + Array(name.utf8)
    let header = Self.little(0x0403_4B50, 4) + Self.little(20, 2) + common + Array(name.utf8)
    try file.write(header)
    try file.write(bytes)
    length += header.count + bytes.count
    count += 1
  }

  /// Writes the directory and makes the file appear.
  ///
  /// - Returns: the length of the whole.
  /// - Throws: `.storage`.
  package consuming func commit() throws(ImgtoolError) -> ByteCount {
    let end =
      Self.little(0x0605_4B50, 4) + Self.little(0, 4) + Self.little(count, 2) + Self.little(count, 2)
      + Self.little(directory.count, 4) + Self.little(length, 4) + Self.little(0, 2)
    let total = length + directory.count + end.count
    try file.write(directory + end)
    try file.commit()
    return ByteCount(total)
  }

  private static func little(_ number: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { $0 < 8 ? UInt8(truncatingIfNeeded: number >> (8 * $0)) : 0 }
  }
}
