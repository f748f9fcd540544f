// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

extension JPEGSegments: MetadataContainer {
  /// The longest EXIF block one segment holds (EXIF 2.32 §4.7.2).
  package static let exifLimit = payloadLimit - Segment.exifPrefix.count

  package mutating func apply(_ edit: MetadataEdit) throws(ImgtoolError) -> [Finding] {
    var editing = JPEGMetadataEditing(edit: edit)
    var kept: [Segment] = []
    var index = 0
    while index < segments.count {
      let group = exifGroup(at: index)
      if group.isEmpty {
        kept += editing.edited(segments[index])
        index += 1
      } else {
        kept += try editing.edited(exif: segments[group])
        index = group.upperBound
      }
    }
    let hadMorePictures = segments.contains { $0.kind == .multiPicture }
    segments = kept
    if !editing.keepsTrailing, !trailing.isEmpty {
      editing.drop(
        "trailing.dropped", hadMorePictures ? .warn : .note,
        "\(ByteCount(trailing.count)) after the end of the JPEG (a preview, a gain map or padding) were left out.")
      trailing = source.count..<source.count
    }
    return editing.findings
  }

  package mutating func adoptMetadata(of other: JPEGSegments) throws(ImgtoolError) {
    // The source's JFIF header states its densities; without one, the new one still says which colours these are.
    let hasHeader = other.segments.contains { $0.kind == .jfif }
    let colour: Set<JPEGSegmentKind> = hasHeader ? [.coding, .adobe, .icc] : [.coding, .adobe, .icc, .jfif]
    let own = segments.filter { colour.contains($0.kind) }
    // The index of a multi-picture file leads to pictures that do not follow this one.
    let adopted = other.segments.filter { !colour.contains($0.kind) && $0.kind != .multiPicture }
    let place = own.firstIndex { $0.kind != .jfif } ?? own.count
    segments = own[..<place] + adopted + own[place...]
  }

  /// The segments that hold one EXIF block together: the first and those that go on without a TIFF header.
  private func exifGroup(at index: Int) -> Range<Int> {
    guard segments[index].kind == .exif else { return index..<index }
    var end = index + 1
    while end < segments.count, segments[end].kind == .exif, segments[end - 1].payload.count >= Self.payloadLimit - 16,
      TIFFBytes(Array(segments[end].payload.dropFirst(6))) == nil
    {
      end += 1
    }
    return index..<end
  }
}

/// Applies one edit to the segments of a JPEG and gathers what there is to say.
private struct JPEGMetadataEditing {
  let edit: MetadataEdit
  private(set) var findings: [Finding] = []

  init(edit: MetadataEdit) { self.edit = edit }

  /// Offsets lead to what follows the picture, so it stays only with a picture that does.
  var keepsTrailing: Bool { edit.turn == .up && edit.strip == .none }

  mutating func drop(_ rule: String, _ severity: Finding.Severity, _ message: String) {
    if !findings.contains(where: { $0.rule == rule }) { findings.append(Finding(rule, severity, message)) }
  }

  /// One segment after the edit, or none.
  mutating func edited(_ segment: JPEGSegments.Segment) -> [JPEGSegments.Segment] {
    switch segment.kind {
    case .coding, .icc, .adobe, .exif: return [segment]
    case .jfif: return [jfif(segment)]
    case .jfifExtension, .multiPicture: return keepsTrailing ? [segment] : []
    case .comment: return edit.strip == .all ? [] : [segment]
    case .xmp: return xmp(segment)
    case .photoshop: return photoshop(segment)
    case .extendedXMP, .otherApplication:
      guard edit.strip != .none else { return [segment] }
      if edit.strip == .private {
        drop("jpeg.segment.dropped", .note, "Application segments nobody here looks into were left out.")
      }
      return []
    }
  }

  /// An EXIF block after the edit, in as many segments as it needs.
  mutating func edited(exif group: ArraySlice<JPEGSegments.Segment>) throws(ImgtoolError) -> [JPEGSegments.Segment] {
    guard let first = group.first else { return [] }
    let block = group.flatMap { $0.payload.dropFirst(6) }
    let limit = group.count > 1 ? 1 << 24 : JPEGSegments.exifLimit
    let edited = try ExifEditor.edited(block, edit, byteLimit: limit)
    findings += edited.findings
    guard let bytes = edited.bytes else { return [] }
    return stride(from: 0, to: bytes.count, by: JPEGSegments.exifLimit).map { start in
      let piece = bytes[start..<min(bytes.count, start + JPEGSegments.exifLimit)]
      return JPEGSegments.Segment(marker: first.marker, payload: Array(first.payload[..<6]) + piece)
    }
  }

  private mutating func xmp(_ segment: JPEGSegments.Segment) -> [JPEGSegments.Segment] {
    let prefix = JPEGSegments.Segment.xmpPrefix
    let limit = JPEGSegments.payloadLimit - prefix.count
    let edited = XMPEditor.edited(Array(segment.payload.dropFirst(prefix.count)), edit, byteLimit: limit)
    findings += edited.findings
    return edited.bytes.map { [JPEGSegments.Segment(marker: segment.marker, payload: prefix + $0)] } ?? []
  }

  private mutating func photoshop(_ segment: JPEGSegments.Segment) -> [JPEGSegments.Segment] {
    guard edit.strip == .private else { return edit.strip == .none ? [segment] : [] }
    let prefix = segment.payload.prefix(14)
    guard let rest = PhotoshopResources.withoutPrivate(segment.payload.dropFirst(14)) else {
      drop("jpeg.photoshop.dropped", .warn, "The Photoshop resources could not be cleaned and were left out.")
      return []
    }
    return rest.isEmpty ? [] : [JPEGSegments.Segment(marker: segment.marker, payload: prefix + rest)]
  }

  /// Densities change places with the sides; a thumbnail in the header is left out of a turned or cleaned picture.
  private mutating func jfif(_ segment: JPEGSegments.Segment) -> JPEGSegments.Segment {
    var segment = segment
    guard segment.payload.count >= 14, !keepsTrailing else { return segment }
    if edit.turn.isTurned {
      let (across, down) = (segment.payload[8..<10], segment.payload[10..<12])
      segment.payload.replaceSubrange(8..<12, with: down + across)
    }
    if segment.payload[12] != 0 || segment.payload[13] != 0 || segment.payload.count > 14 {
      segment.payload.replaceSubrange(12..., with: [0, 0])
      drop("jpeg.thumbnail.dropped", .note, "The thumbnail of the JFIF header was left out.")
    }
    return segment
  }
}
