// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// A moment in microseconds since 1970-01-01T00:00:00Z.
package struct Timestamp: Sendable, Hashable, Comparable {
  package let microseconds: Int64

  package init(microseconds: Int64) { self.microseconds = microseconds }

  package static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

  /// This moment and so many seconds; kept inside the range of 64 bits.
  package func adding(seconds: Int64) -> Timestamp {
    let (span, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    let (sum, carry) = microseconds.addingReportingOverflow(span)
    return overflow || carry ? Timestamp(microseconds: seconds < 0 ? .min : .max) : Timestamp(microseconds: sum)
  }

  /// As in records: "2026-09-18T09:14:02.118000Z".
  package var record: String { text + "Z" }

  /// As in callback bodies: "2026-09-18T09:14:02.118000+00:00".
  package var callback: String { text + "+00:00" }

  /// As in signed URLs: "20260918T091402Z".
  package var compact: String { String(text.prefix(19).filter { $0 != "-" && $0 != ":" }) + "Z" }

  /// Whole seconds since 1970.
  package var seconds: Int64 { microseconds / 1_000_000 }

  /// Days since 1970 turned into a date by the civil calendar, whose eras have 146,097 days.
  private var text: String {
    let day = 86_400_000_000 as Int64
    let days = Int((microseconds >= 0 ? microseconds : microseconds - day + 1) / day)
    let rest = Int(microseconds - Int64(days) * day)
    let (year, month, dayOfMonth) = Self.civil(days)
    let second = rest / 1_000_000
    func pad(_ number: Int, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
    return "\(pad(year, 4))-\(pad(month, 2))-\(pad(dayOfMonth, 2))T"
      + "\(pad(second / 3600, 2)):\(pad(second / 60 % 60, 2)):\(pad(second % 60, 2)).\(pad(rest % 1_000_000, 6))"
  }

  private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let ofEra = shifted - era * 146_097
    let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * ofYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  /// Reads a date, or a date and time with 0–9 digits of fraction and `Z` or an offset (RFC 3339 §5.6).
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    func number(_ from: Int, _ count: Int) -> Int? {
      guard from + count <= bytes.count else { return nil }
      return Int(strictDigits: bytes[from..<from + count])
    }
    guard let year = number(0, 4), let month = number(5, 2), let day = number(8, 2), bytes[4] == 45, bytes[7] == 45,
      (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    var seconds = Self.days(year, month, day) * 86_400
    var micros = 0
    if bytes.count > 10 {
      guard bytes[10] == 84 || bytes[10] == 32, let hour = number(11, 2), let minute = number(14, 2),
        let second = number(17, 2), bytes[13] == 58, bytes[16] == 58, hour < 24, minute < 60, second <= 60
      else { return nil }
      seconds += hour * 3600 + minute * 60 + second
      var at = 19
      if at < bytes.count, bytes[at] == 46 {
        let digits = bytes[(at + 1)...].prefix { (48...57).contains($0) }
        guard (1...9).contains(digits.count) else { return nil }
        let six = Array(digits.prefix(6)) + [UInt8](repeating: 48, count: max(0, 6 - digits.count))
        micros = Int(strictDigits: six[...]) ?? 0
        at += 1 + digits.count
      }
      guard let offset = Self.offset(bytes[at...]) else { return nil }
      seconds -= offset
    }
    self.init(microseconds: Int64(seconds) * 1_000_000 + Int64(micros))
  }

  private static func offset(_ bytes: ArraySlice<UInt8>) -> Int? {
    let zone = Array(bytes)
    if zone.isEmpty || zone == [90] || zone == [122] { return 0 }
    guard zone.count == 6, zone[0] == 43 || zone[0] == 45, zone[3] == 58, let hour = Int(strictDigits: zone[1..<3]),
      let minute = Int(strictDigits: zone[4..<6]), hour < 24, minute < 60
    else { return nil }
    return (zone[0] == 43 ? 1 : -1) * (hour * 3600 + minute * 60)
  }

  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let ofEra = shifted - era * 400
    let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
  }
}

extension Int {
  /// Reads ASCII digits only, at most 18.
  init?(strictDigits bytes: ArraySlice<UInt8>) {
    self.init(strict: String(decoding: bytes, as: UTF8.self))
  }
}
