// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// What a Range header asks of a file (RFC 9110 §14.1.2); several ranges are answered with the whole.
package enum ByteSpan: Sendable, Hashable {
  case whole
  case part(ClosedRange<Int>)
  case outside

  /// - Parameter length: at least 1.
  package static func read(_ header: String?, length: Int) -> ByteSpan {
    guard let header, header.hasPrefix("bytes=") else { return .whole }
    let ends = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, ends.allSatisfy({ $0.isEmpty || Int(strict: $0) != nil }) else { return .whole }
    switch (Int(strict: ends[0]), Int(strict: ends[1])) {
    case (nil, nil): return .whole
    case (nil, let last?): return last == 0 ? .outside : .part(max(0, length - last)...length - 1)
    case (let first?, let last):
      if let last, last < first { return .whole }
      return first < length ? .part(first...min(last ?? length - 1, length - 1)) : .outside
    }
  }
}
