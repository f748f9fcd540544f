// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

extension ExifEditor {
  /// Tags that tell who, where or with which individual device, and blobs nobody can look into.
  static let privateTags: [ExifStructure.Directory: Set<Int>] = [
    .image: [
      0x013C,  // HostComputer
      0x014A,  // SubIFDs
      0x02BC,  // XMP inside EXIF
      0x83BB,  // IPTC inside EXIF
      0x8649,  // Photoshop resources inside EXIF
      0x8825,  // GPS
      0xC4A5,  // PrintIM
      0xC62F,  // CameraSerialNumber
      0xC634,  // DNGPrivateData
      0xC65D,  // RawDataUniqueID
      0xC68B,  // OriginalRawFileName
    ],
    .exif: [
      0x927C,  // MakerNote
      0x9286,  // UserComment
      0xA420,  // ImageUniqueID
      0xA430,  // CameraOwnerName
      0xA431,  // BodySerialNumber
      0xA435,  // LensSerialNumber
      0xC62F,
      0xEA1C,  // Padding
    ],
  ]

  /// Removes what is private and zeroes every byte that no remaining entry covers.
  ///
  /// So neither removed values nor what earlier programs left behind in gaps survives. The block gets shorter by
  /// what was at its end.
  ///
  /// - Throws: `.input` when the structure is damaged so that not every byte's meaning is known.
  package mutating func removePrivate() throws(ImgtoolError) {
    let covered = try remove(Self.privateTags, tables: [.thumbnail, .gps])
    let used = covered.merged
    for (left, right) in zip(used, used.dropFirst()) { data.zero(left.upperBound..<right.lowerBound) }
    data.truncate(to: used.last?.upperBound ?? 0)
    reread()
  }

  /// Removes entries and whole tables and zeroes their bytes; every other byte stays where it is.
  ///
  /// For a whole TIFF file, in which most bytes are the picture and belong to no entry.
  /// - Throws: `.input` when the structure is damaged so that not every byte's meaning is known.
  mutating func removeInPlace(
    _ tags: [ExifStructure.Directory: Set<Int>], tables: Set<ExifStructure.Directory>
  ) throws(ImgtoolError) {
    let covered = try remove(tags, tables: tables)
    for gone in covered.removed { data.zero(gone) }
    reread()
  }

  /// Takes entries out of their tables and tells which bytes are needed still and which are not.
  private mutating func remove(
    _ removedTags: [ExifStructure.Directory: Set<Int>], tables: Set<ExifStructure.Directory>
  ) throws(ImgtoolError) -> CoveredBytes {
    guard structure.flaws.isEmpty else {
      throw ImgtoolError(
        .input, "The EXIF block is damaged and cannot be cleaned safely.", underlying: structure.flaws.first?.message)
    }
    var covered = CoveredBytes()
    covered.kept.append(0..<8)
    for table in structure.tables {
      let tags = removedTags[table.directory] ?? []
      let goesWhole = tables.contains(table.directory)
      let kept = goesWhole ? [] : table.entries.filter { !tags.contains($0.tag) }
      let gone = goesWhole ? table.entries : table.entries.filter { tags.contains($0.tag) }
      covered.kept += kept.compactMap(\.outside)
      covered.removed += gone.compactMap(\.outside)
      let needed = goesWhole ? table.position..<table.position : compact(table, to: kept)
      covered.kept.append(needed)
      covered.removed.append(needed.upperBound..<max(needed.upperBound, table.range.upperBound))
    }
    guard !covered.isContested else {
      throw ImgtoolError(.input, "A private value of the EXIF block shares its bytes with another value.")
    }
    return covered
  }

  /// Writes the remaining entries close together and ends the chain of tables; gives the bytes now in use.
  private mutating func compact(_ table: ExifStructure.Table, to kept: [ExifStructure.Entry]) -> Range<Int> {
    let isWhole = kept.count == table.entries.count
    let end = table.position + 2 + 12 * kept.count
    if !isWhole {
      let raw = kept.map { data.bytes[$0.position..<$0.position + 12] }
      data.put(Array(raw.joined()), at: table.position + 2)
      data.put(short: kept.count, at: table.position)
    }
    // After a table that lost nothing there may be a value at once: only the first one surely has this offset.
    guard !isWhole || table.directory == .image else { return table.position..<end }
    data.put(long: 0, at: end)
    return table.position..<min(end + 4, data.count)
  }
}

/// Which bytes of a block the remaining entries need, and which belonged to removed ones.
private struct CoveredBytes {
  var kept: [Range<Int>] = []
  var removed: [Range<Int>] = []

  /// What is kept, in rising order and without overlaps.
  var merged: [Range<Int>] {
    kept.filter { !$0.isEmpty }.sorted { $0.lowerBound < $1.lowerBound }.reduce(into: []) { merged, range in
      if let last = merged.last, range.lowerBound <= last.upperBound {
        merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
  }

  /// Whether a byte is both kept and removed.
  var isContested: Bool {
    let used = merged
    return removed.contains { gone in
      guard !gone.isEmpty else { return false }
      // The first kept range that ends after the removed one begins is the only one that can reach into it.
      var (low, high) = (0, used.count)
      while low < high {
        let middle = (low + high) / 2
        if used[middle].upperBound > gone.lowerBound { high = middle } else { low = middle + 1 }
      }
      return low < used.count && used[low].lowerBound < gone.upperBound
    }
  }
}
