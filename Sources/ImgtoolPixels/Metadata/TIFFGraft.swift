// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// Carries what a TIFF says about its picture over to a new file of it, which libvips writes without.
///
/// The new file keeps every byte at its offset; a new first table and the carried values are appended.
package struct TIFFGraft {
  /// Tags of the first table that describe the picture and not its coding (TIFF 6.0 §8, EXIF 2.32 §4.6.4).
  private static let carried: Set<Int> = [
    0x010D, 0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x013C, 0x8298, 0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F,
    0xC62F,
  ]
  /// The most bytes of values that are carried over.
  private static let byteLimit = 1 << 24

  private let source: TIFFBytes
  private var target: TIFFBytes

  /// The new file with the description of the old one, or as it was with a finding that says why.
  package static func grafted(
    from old: [UInt8], onto new: [UInt8], _ edit: MetadataEdit
  ) -> (bytes: [UInt8], findings: [Finding]) {
    guard let source = TIFFBytes(old), let target = TIFFBytes(new),
      let structure = try? ExifStructure(source),  // what cannot be read is not carried, which the finding says
      let own = try? ExifStructure(target), let first = own.table(.image),
      edit.strip == .none || structure.flaws.isEmpty
    else { return (new, [dropped("its structure is damaged or of the large kind")]) }
    var graft = TIFFGraft(source: source, target: target)
    let total = structure.tables.flatMap(\.entries).reduce(0) { $0 + ($1.outside?.count ?? 0) }
    guard total <= byteLimit || !needsGraft(structure, edit) else { return (new, [dropped("it is too long")]) }
    graft.append(structure, to: first, edit)
    var findings: [Finding] = []
    if edit.strip == .none, !structure.entries(0x927C, in: .exif).isEmpty {
      findings.append(Finding("exif.makernote.moved", .note, "The maker note lies elsewhere in the new TIFF."))
    }
    guard var editor = try? ExifEditor(graft.target.bytes) else {  // the table just written: this cannot fail
      return (new, [dropped("it cannot be read back")])
    }
    editor.setUpright()
    editor.setSize(edit.size)
    if edit.turn.isTurned { editor.exchangeResolutions() }
    return (editor.block, findings)
  }

  private static func dropped(_ reason: String) -> Finding {
    Finding("exif.dropped", .warn, "The EXIF of the TIFF was left out because \(reason).")
  }

  private static func needsGraft(_ structure: ExifStructure, _ edit: MetadataEdit) -> Bool {
    structure.table(.exif) != nil || structure.table(.gps) != nil
      || structure.table(.image)?.entries.contains { carried.contains($0.tag) } ?? false
  }

  /// One entry as it will stand: its value in the byte order of the new file.
  private struct Carried {
    var tag: Int
    var type: Int
    var count: Int
    var value: [UInt8]
  }

  private mutating func append(_ structure: ExifStructure, to first: ExifStructure.Table, _ edit: MetadataEdit) {
    let isPrivate = edit.strip == .private
    let next = target.long(at: first.nextPosition) ?? 0
    var pointers: [Carried] = []
    var exif = entries(structure.table(.exif), isPrivate).filter { $0.tag != ExifStructure.Pointer.interoperability }
    if structure.table(.interoperability) != nil {
      let place = write(entries(structure.table(.interoperability), isPrivate))
      exif.append(pointer(ExifStructure.Pointer.interoperability, to: place))
    }
    if !exif.isEmpty { pointers.append(pointer(ExifStructure.Pointer.exif, to: write(exif))) }
    if !isPrivate, structure.table(.gps) != nil {
      let place = write(entries(structure.table(.gps), isPrivate))
      pointers.append(pointer(ExifStructure.Pointer.gps, to: place))
    }
    let own = first.entries.map { entry in
      Carried(
        tag: entry.tag, type: entry.type, count: entry.count,
        value: Array(target.bytes[entry.position + 8..<entry.position + 12]))
    }
    let known = Set(own.map(\.tag))
    let described = entries(structure.table(.image), isPrivate).filter {
      Self.carried.contains($0.tag) && !known.contains($0.tag)
    }
    guard !pointers.isEmpty || !described.isEmpty else { return }
    let place = write(described + pointers, beside: own, next: next)
    target.put(long: place, at: 4)
  }

  /// The entries of a table that may be carried, values turned into the new byte order.
  private func entries(_ table: ExifStructure.Table?, _ isPrivate: Bool) -> [Carried] {
    guard let table else { return [] }
    let unwanted = isPrivate ? ExifEditor.privateTags[table.directory] ?? [] : []
    return table.entries.compactMap { entry in
      guard let value = entry.value, !unwanted.contains(entry.tag) else { return nil }
      return Carried(tag: entry.tag, type: entry.type, count: entry.count, value: reordered(value, entry.type))
    }
  }

  private func reordered(_ range: Range<Int>, _ type: Int) -> [UInt8] {
    let bytes = Array(source.bytes[range])
    let unit = [3: 2, 8: 2, 4: 4, 9: 4, 11: 4, 13: 4, 5: 4, 10: 4, 12: 8][type] ?? 1
    guard source.isBigEndian != target.isBigEndian, unit > 1 else { return bytes }
    return stride(from: 0, to: bytes.count, by: unit).flatMap { bytes[$0..<min($0 + unit, bytes.count)].reversed() }
  }

  private func pointer(_ tag: Int, to place: Int) -> Carried {
    var bytes = TIFFBytes(target.isBigEndian ? [0x4D, 0x4D, 0, 0x2A, 0, 0, 0, 0] : [0x49, 0x49, 0x2A, 0, 0, 0, 0, 0])
    bytes?.put(long: place, at: 4)
    return Carried(tag: tag, type: 4, count: 1, value: Array((bytes?.bytes ?? []).suffix(4)))
  }

  /// Appends a table with its values and gives its position; `own` holds entries whose four bytes stay as they are.
  private mutating func write(_ entries: [Carried], beside own: [Carried] = [], next: Int = 0) -> Int {
    if target.count % 2 != 0 { target.append([0]) }
    let place = target.count
    let all = (entries + own).sorted { $0.tag < $1.tag }
    let ownTags = Set(own.map(\.tag))
    target.append(Array(repeating: 0, count: 6 + 12 * all.count))
    target.put(short: all.count, at: place)
    for (index, entry) in all.enumerated() {
      let position = place + 2 + 12 * index
      target.put(short: entry.tag, at: position)
      target.put(short: entry.type, at: position + 2)
      target.put(long: entry.count, at: position + 4)
      if entry.value.count <= 4 || ownTags.contains(entry.tag) {
        target.put(entry.value, at: position + 8)
      } else {
        if target.count % 2 != 0 { target.append([0]) }
        target.put(long: target.count, at: position + 8)
        target.append(entry.value)
      }
    }
    target.put(long: next, at: place + 2 + 12 * all.count)
    return place
  }
}
