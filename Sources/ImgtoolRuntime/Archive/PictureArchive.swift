// SPDX-License-Identifier: Apache-2.0

import Foundation
package import ImgtoolCore
import ImgtoolProbe

/// The files of a zip on this disk, unpacked into a folder under numbers and never under a name of the zip.
package struct PictureArchive: Sendable {
  /// One file.
  package struct Picture: Sendable {
    /// "photos.zip/beach.jpg", without control characters: for reports and messages.
    package let name: String
    /// Where it was unpacked.
    package let path: String
    /// A file name without extension for what is made of it: safe, and unlike those of its neighbours.
    package let stem: String
  }

  /// At most 100, in the order of their names.
  package let pictures: [Picture]

  private static let maximumFiles = 100
  /// Of the zip itself, and of everything in it.
  private static let maximumBytes = ByteCount.mebibytes(256)

  /// Whether a file begins as a zip does; not for what cannot be read.
  package static func isArchive(_ path: String) -> Bool {
    guard let file = try? OpenFile(path) else { return false }  // whoever opens it next says why
    var head = [UInt8](repeating: 0, count: 4)
    return pread(file.descriptor, &head, head.count, 0) == head.count && ZipReader.isZip(head)
  }

  /// Unpacks a zip into an empty folder.
  ///
  /// Blocks the calling thread: never call it on Swift's pool.
  /// - Throws: `.input` for a zip that cannot be read, holds no file, or holds a zip; `.limit`; `.storage`.
  package init(unpacking path: String, into folder: String) throws(ImgtoolError) {
    let reader = ZipReader(maximumEntries: Self.maximumFiles, maximumBytes: Self.maximumBytes.bytes)
    let entries: [ZipReader.Entry]
    do throws(ImgtoolError) {
      entries = try reader.entries(of: try WholeFile.bytes(of: path, most: Self.maximumBytes))
      guard !entries.isEmpty else { throw ImgtoolError(.input, "The zip holds no picture.") }
    } catch {
      throw error.about(path.escaped)
    }
    let stems = Self.stems(of: entries.map(\.name))
    let archive = OutputName.lastComponent(of: path)
    var pictures: [Picture] = []
    for (index, entry) in entries.enumerated() {
      let name = "\(archive)/\(entry.path)".escaped
      guard !ZipReader.isZip(entry.bytes) else {
        throw ImgtoolError(.input, "\(name): A zip inside a zip is not opened.")
      }
      let target = "\(folder)/\(index + 1)"
      let file = try AtomicFile(target, replaces: false)
      try file.write(entry.bytes)
      try file.commit()
      pictures.append(Picture(name: name, path: target, stem: stems[index]))
    }
    self.pictures = pictures
  }

  /// File names without extension, safe anywhere, and none like another whatever the case.
  ///
  /// Letters, digits, spaces and "._-+()," stay; anything else, and what a name must not begin with, becomes "_".
  package static func stems(of names: [String]) -> [String] {
    var taken: Set<String> = []
    return names.map { name in
      let bare = fileExtension(of: name).map { name.dropLast($0.count + 1) } ?? name[...]
      var stem = String(bare.prefix(80).map { $0.isLetter || $0.isNumber || " ._-+(),".contains($0) ? $0 : "_" })
      if let first = stem.first, ". -".contains(first) { stem = "_" + stem.dropFirst() }
      while stem.utf8.count > 160 { stem.removeLast() }
      if stem.isEmpty { stem = "picture" }
      var candidate = stem
      var number = 2
      while !taken.insert(candidate.lowercased()).inserted {
        candidate = "\(stem)-\(number)"
        number += 1
      }
      return candidate
    }
  }
}
