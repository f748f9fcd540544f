// SPDX-License-Identifier: Apache-2.0

/// Reads the timestamps of records and callbacks: ISO 8601, 0–9 fraction digits, "Z" or an offset.
enum Timestamp {
  /// Milliseconds since 1970; nothing for anything that is no such time.
  static func milliseconds(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    func number(_ range: Range<Int>) -> Int64? {
      guard range.upperBound <= bytes.count, bytes[range].allSatisfy({ (48...57).contains($0) }) else { return nil }
      return bytes[range].reduce(0) { $0 * 10 + Int64($1 - 48) }
    }
    func has(_ character: Character, at index: Int) -> Bool {
      index < bytes.count && bytes[index] == character.asciiValue
    }
    guard let year = number(0..<4), has("-", at: 4), let month = number(5..<7), has("-", at: 7),
      let day = number(8..<10), has("T", at: 10) || has(" ", at: 10), let hour = number(11..<13), has(":", at: 13),
      let minute = number(14..<16), has(":", at: 16), let second = number(17..<19), (1...12).contains(month),
      (1...31).contains(day), hour < 24, minute < 60, second <= 60
    else { return nil }
    var index = 19
    var fraction: Int64 = 0
    if has(".", at: index) {
      index += 1
      var scale: Int64 = 100
      let first = index
      while index < bytes.count, (48...57).contains(bytes[index]), index - first < 9 {
        fraction += Int64(bytes[index] - 48) * scale
        scale /= 10
        index += 1
      }
      guard index > first else { return nil }
    }
    guard let offset = offset(bytes[index...], number) else { return nil }
    let days = daysSince1970(year, month, day)
    return ((days * 24 + hour) * 60 + minute - offset) * 60_000 + second * 1000 + fraction
  }

  /// Minutes east of Greenwich.
  private static func offset(_ rest: ArraySlice<UInt8>, _ number: (Range<Int>) -> Int64?) -> Int64? {
    let start = rest.startIndex
    switch rest.first {
    case UInt8(ascii: "Z"), UInt8(ascii: "z"): return rest.count == 1 ? 0 : nil
    case UInt8(ascii: "+"), UInt8(ascii: "-"):
      guard rest.count == 6, rest[start + 3] == UInt8(ascii: ":"), let hours = number(start + 1..<start + 3),
        let minutes = number(start + 4..<start + 6), hours < 24, minutes < 60
      else { return nil }
      return (rest.first == UInt8(ascii: "-") ? -1 : 1) * (hours * 60 + minutes)
    default: return nil
    }
  }

  /// The civil calendar as a count of days, by shifting the year to begin in March.
  private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shifted = month > 2 ? year : year - 1
    let monthFromMarch = (month + 9) % 12
    let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
    return 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
  }
}
