// SPDX-License-Identifier: Apache-2.0

/// One thing a check has to say: the rule, how bad it is, and the numbers.
public struct Finding: Sendable, Hashable, Codable {
  /// How bad a finding is; only `fail` stops a job.
  public enum Severity: String, Sendable, Hashable, Codable, Comparable, CaseIterable {
    case pass, note, warn, fail

    public static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }
    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
  }

  /// A stable name, dotted, for example "bytes.limit" or "ratio.exact".
  public var rule: String
  public var severity: Severity
  /// One sentence for a person.
  public var message: String
  /// What was found, where a number or a name says it.
  public var measured: Measure?
  /// What would have been in order.
  public var allowed: Measure?
  /// What heeding the finding saves.
  public var saves: Money?

  public init(
    _ rule: String, _ severity: Severity, _ message: String, measured: Measure? = nil, allowed: Measure? = nil,
    saves: Money? = nil
  ) {
    self.rule = rule
    self.severity = severity
    self.message = message
    self.measured = measured
    self.allowed = allowed
    self.saves = saves
  }
}

/// A measured or allowed value: a number, a text or a size.
public enum Measure: Sendable, Hashable {
  case count(Int)
  case real(Double)
  case text(String)
}

extension Measure: Codable {
  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let count = try? value.decode(Int.self) {  // the next type is tried
      self = .count(count)
    } else if let real = try? value.decode(Double.self) {  // the next type is tried
      self = .real(real)
    } else {
      self = .text(try value.decode(String.self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    switch self {
    case .count(let count): try value.encode(count)
    case .real(let real): try value.encode(real)
    case .text(let text): try value.encode(text)
    }
  }
}

extension Measure: CustomStringConvertible {
  public var description: String {
    switch self {
    case .count(let count): String(count)
    case .real(let real): String(real)
    case .text(let text): text
    }
  }
}

extension Measure {
  /// "4096×1755".
  public static func size(_ size: PixelSize) -> Measure { .text(size.description) }
}

extension [Finding] {
  /// The worst severity; `pass` when there is nothing to say.
  public var worst: Finding.Severity { map(\.severity).max() ?? .pass }
  public var failures: [Finding] { filter { $0.severity == .fail } }
}
