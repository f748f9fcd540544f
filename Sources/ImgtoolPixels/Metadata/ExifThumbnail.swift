// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

extension ExifEditor {
  /// What became of the embedded thumbnail.
  package enum ThumbnailOutcome: String, Sendable, Hashable {
    /// There is none.
    case absent
    /// Its shape says it was upright before.
    case alreadyUpright
    case turnedLosslessly
    /// Its size is no whole number of blocks, so it was decoded, turned and encoded again.
    case reencoded
    /// It could not be turned, or grew beyond the room there is.
    case removed
  }

  /// The largest thumbnail that is decoded, in pixels; they are 160×120 by the standard.
  private static var thumbnailPixelLimit: Int { 1 << 20 }

  /// Turns the embedded JPEG thumbnail as the main picture was turned, or removes it.
  ///
  /// Written over in place where it fits; where not, the block grows at its end, up to `byteLimit`.
  ///
  /// - Parameter upright: the size of the main picture after turning.
  package mutating func turnThumbnail(
    by orientation: Orientation, upright: PixelSize, limit: ByteCount, byteLimit: Int
  ) -> ThumbnailOutcome {
    guard structure.table(.thumbnail) != nil else { return .absent }
    guard let range = structure.thumbnailRange(data), isAlone(range),
      let turned = Self.turned(Array(data.bytes[range]), by: orientation, upright: upright, limit: limit)
    else {
      removeThumbnail()
      return .removed
    }
    guard turned.outcome != .alreadyUpright else { return .alreadyUpright }
    guard place(turned.bytes, over: range, byteLimit: byteLimit) else {
      removeThumbnail()
      return .removed
    }
    set(Tag.imageWidth, in: .thumbnail, to: turned.size.width)
    set(Tag.imageLength, in: .thumbnail, to: turned.size.height)
    return turned.outcome
  }

  /// Unlinks the thumbnail's table and zeroes its bytes.
  package mutating func removeThumbnail() {
    guard let image = structure.table(.image), structure.table(.thumbnail) != nil else { return }
    if let range = structure.thumbnailRange(data), isAlone(range) {
      data.zero(range)
      if range.upperBound == data.count { data.truncate(to: range.lowerBound) }
    }
    data.put(long: 0, at: image.nextPosition)
    reread()
  }

  private typealias Turned = (bytes: [UInt8], size: PixelSize, outcome: ThumbnailOutcome)

  private static func turned(
    _ bytes: [UInt8], by orientation: Orientation, upright: PixelSize, limit: ByteCount
  ) -> Turned? {
    // A thumbnail that is no whole JPEG or too large is removed by the caller, whatever the reason.
    guard let jpeg = try? JPEGSegments(bytes), let frame = JPEGFrame(jpeg) else { return nil }
    let size = orientation.applied(to: frame.size)
    if orientation.isTurned, !areAlike(size, upright) { return (bytes, frame.size, .alreadyUpright) }
    if LosslessTurn.obstacle(frame, orientation) == nil,
      let turned = try? LosslessTurn.turned(jpeg, by: orientation, limit: limit),
      let result = try? turned.withoutTrailing.encoded()
    {
      return (result, size, .turnedLosslessly)
    }
    guard let pixels = try? TurboJPEG.decoded(bytes, pixelLimit: thumbnailPixelLimit),
      let result = try? TurboJPEG.encoded(pixels.turned(by: orientation), quality: 90, subsampling: .quarter)
    else { return nil }
    return (result, size, .reencoded)
  }

  /// Whether both are upright or both lie; a square is like either.
  private static func areAlike(_ one: PixelSize, _ other: PixelSize) -> Bool {
    (one.width - one.height).signum() * (other.width - other.height).signum() >= 0
  }

  /// Writes the new thumbnail where there is room; says whether there was.
  private mutating func place(_ new: [UInt8], over old: Range<Int>, byteLimit: Int) -> Bool {
    var start = old.lowerBound
    if new.count <= old.count {
      data.zero(old)
      data.put(new, at: start)
    } else {
      let isLast = old.upperBound == data.count
      let end = isLast ? start : data.count + data.count % 2
      guard end + new.count <= byteLimit else { return false }
      data.zero(old)
      if isLast { data.truncate(to: start) } else if data.count % 2 != 0 { data.append([0]) }
      start = data.count
      data.append(new)
    }
    set(ExifStructure.Pointer.thumbnail, in: .thumbnail, to: start)
    set(ExifStructure.Pointer.thumbnailLength, in: .thumbnail, to: new.count)
    return true
  }

  /// Whether nothing else the tables know lies in these bytes.
  private func isAlone(_ range: Range<Int>) -> Bool {
    range.lowerBound >= 8
      && structure.tables.allSatisfy { table in
        !table.range.overlaps(range) && table.entries.allSatisfy { !($0.outside?.overlaps(range) ?? false) }
      }
  }
}

extension JPEGSegments {
  /// The same without what follows the end of the picture.
  package var withoutTrailing: JPEGSegments {
    var result = self
    result.trailing = source.count..<source.count
    return result
  }
}
