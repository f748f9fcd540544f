// SPDX-License-Identifier: Apache-2.0
public import ImgtoolCore

/// How much a retouch changed, as far as reduced pictures of the same size tell.
public struct SkinChange: Sendable {
  public let policy: ContentPolicy

  public init(policy: ContentPolicy = ContentPolicy()) { self.policy = policy }

  /// `change.plausible` (pass), `change.none` (note) or `change.implausible` (fail); nothing where sizes differ.
  ///
  /// A pixel's change is that of the part that changed most, in levels.
  public func judge(_ result: SmallPicture, source: SmallPicture) -> Finding? {
    guard result.size == source.size else { return nil }
    var counts = [Int](repeating: 0, count: 256)
    for pixel in 0..<source.size.area {
      counts[Self.change(result, source, pixel)] += 1
    }
    let middle = Self.level(counts, above: 0.5)
    let peak = Self.level(counts, above: 0.999)
    if Double(middle) > policy.changeMedian {
      return Finding(
        "change.implausible", .fail, "A retouch changed the whole picture, not only skin.", measured: .count(middle),
        allowed: .real(policy.changeMedian))
    }
    if Double(peak) < policy.changeLeast {
      return Finding(
        "change.none", .note, "Hardly anything was changed.", measured: .count(peak),
        allowed: .real(policy.changeLeast))
    }
    return Finding(
      "change.plausible", .pass, "The change is small for most of the picture.", measured: .count(middle),
      allowed: .real(policy.changeMedian))
  }

  /// How much each pixel changed in the part that changed most, 16 times, 0…255; nothing of pictures of unlike sizes.
  package static func map(_ result: SmallPicture, source: SmallPicture) -> [UInt8] {
    guard result.size == source.size else { return [] }
    return (0..<source.size.area).map { pixel in
      UInt8(min(255, 16 * change(result, source, pixel)))
    }
  }

  @inline(__always)
  static func change(_ result: SmallPicture, _ source: SmallPicture, _ pixel: Int) -> Int {
    func part(_ part: Int) -> Int { abs(Int(result.samples[pixel * 3 + part]) - Int(source.samples[pixel * 3 + part])) }
    return max(part(0), part(1), part(2))
  }

  /// The level that a share of all pixels does not exceed.
  static func level(_ counts: [Int], above share: Double) -> Int {
    let wanted = Int((Double(counts.reduce(0, +)) * share).rounded(.up))
    var sum = 0
    for (level, count) in counts.enumerated() {
      sum += count
      if sum >= wanted { return level }
    }
    return 255
  }
}
