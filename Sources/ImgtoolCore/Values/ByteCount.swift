// SPDX-License-Identifier: Apache-2.0

/// A number of bytes, 0 or more.
public struct ByteCount: Sendable, Hashable, Comparable {
  public let bytes: Int

  /// A count; below zero counts as zero.
  public init(_ bytes: Int) { self.bytes = max(0, bytes) }

  /// So many times 1,048,576 bytes; what does not fit in 64 bits is the most that does.
  public static func mebibytes(_ count: Int) -> ByteCount {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: 1 << 20)
    return ByteCount(overflow ? (count > 0 ? .max : 0) : bytes)
  }

  public static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }
}

extension ByteCount: CustomStringConvertible {
  /// "812 B", "4.2 KiB", "50.0 MiB": binary units of IEC 80000-13, one decimal, rounded down.
  public var description: String {
    var unit = 0
    var rest = bytes
    var tenths = 0
    while rest >= 1024, unit < 4 {
      tenths = (rest % 1024) * 10 / 1024
      rest /= 1024
      unit += 1
    }
    let name = ["B", "KiB", "MiB", "GiB", "TiB"][unit]
    return unit == 0 ? "\(rest) \(name)" : "\(rest).\(tenths) \(name)"
  }
}

extension ByteCount: Codable {
  public init(from decoder: any Decoder) throws {
    let bytes = try decoder.singleValueContainer().decode(Int.self)
    guard bytes >= 0 else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "a number of bytes is below zero"))
    }
    self.init(bytes)
  }

  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    try value.encode(bytes)
  }
}
