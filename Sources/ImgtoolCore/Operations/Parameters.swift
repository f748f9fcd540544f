// SPDX-License-Identifier: Apache-2.0

/// Values for an operation's parameters, checked against its specs once and for all.
///
/// Ratios and texts keep the spelling of the user, because "21:9" must not go out as "7:3"; tiers, sizes and numbers
/// get one spelling: "4K", "3x2", "5", "0.5".
public struct Parameters: Sendable, Hashable, Codable {
  /// One value that does not fit.
  public struct Problem: Sendable, Hashable {
    public let name: String
    public let message: String
  }

  /// Given values and fallbacks by name.
  public let values: [String: String]

  /// Checks every value; the problems of all of them together, sorted by name.
  ///
  /// - Parameter attached: the parameters whose value is a file that goes along, and so given otherwise.
  public static func problems(
    _ values: [String: String], attached: Set<String> = [], for specs: [ParameterSpec]
  ) -> [Problem] {
    let byName = Dictionary(specs.map { ($0.name, $0) }) { first, _ in first }
    var problems: [Problem] = []
    for (name, value) in values {
      guard let spec = byName[name] else {
        let known = specs.map(\.name).joined(separator: ", ")
        problems.append(
          Problem(name: name, message: "is no parameter; there are: \(known.isEmpty ? "none" : known)"))
        continue
      }
      if let objection = spec.objection(to: value) { problems.append(Problem(name: name, message: objection)) }
    }
    for name in attached {
      if byName[name]?.kind != .picture {
        problems.append(Problem(name: name, message: "takes no file"))
      } else if values[name] != nil {
        problems.append(Problem(name: name, message: "is given twice"))
      }
    }
    for spec in specs where spec.isRequired && values[spec.name] == nil && !attached.contains(spec.name) {
      problems.append(Problem(name: spec.name, message: "is required: \(spec.expected)"))
    }
    return problems.sorted { $0.name < $1.name }
  }

  /// - Parameter attached: the parameters whose value is a file that goes along.
  /// - Throws: `.usage` naming the first parameter that does not fit.
  public init(_ given: [String: String], attached: Set<String> = [], for specs: [ParameterSpec]) throws(ImgtoolError) {
    if let problem = Self.problems(given, attached: attached, for: specs).first {
      throw ImgtoolError(.usage, "The parameter \(problem.name) \(problem.message).")
    }
    var values: [String: String] = [:]
    for spec in specs { values[spec.name] = (given[spec.name] ?? spec.fallback).map(spec.normalised) }
    self.values = values
  }

  private init(values: [String: String]) { self.values = values }

  /// The parameters with the files that go along, named by what they hold: another file is another value.
  ///
  /// - Parameter digests: SHA-256 in lower-case hexadecimal, by parameter.
  public func attaching(_ digests: [String: String]) -> Parameters {
    Parameters(values: values.merging(digests.mapValues { Self.attachmentPrefix + $0 }) { _, digest in digest })
  }

  /// Whether a parameter's value is a file that goes along.
  public func isAttachment(_ name: String) -> Bool { values[name]?.hasPrefix(Self.attachmentPrefix) ?? false }

  private static let attachmentPrefix = "sha256:"

  public func text(_ name: String) -> String? { values[name] }
  public func integer(_ name: String) -> Int? { values[name].flatMap { Int($0) } }
  public func real(_ name: String) -> Double? { values[name].flatMap { Double($0) } }
  public func flag(_ name: String) -> Bool { values[name] == "true" }
  public func ratio(_ name: String) -> AspectRatio? { values[name].flatMap { AspectRatio($0) } }
  public func tier(_ name: String) -> ResolutionTier? { values[name].flatMap { ResolutionTier($0) } }
  public func size(_ name: String) -> PixelSize? { values[name].flatMap { PixelSize($0) } }

  /// One spelling for equal values, part of a job's key: "name=value" lines sorted by name.
  ///
  /// Line feeds and backslashes of a value are written `\\n` and `\\\\`, so that a text cannot pass for a line.
  public var canonical: String {
    values.sorted { $0.key < $1.key }.map { "\($0.key)=\(Self.escaped($0.value))" }.joined(separator: "\n")
  }

  private static func escaped(_ value: String) -> String {
    // By scalars, because CR LF is one character.
    var escaped = String.UnicodeScalarView()
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\n": escaped.append(contentsOf: "\\n".unicodeScalars)
      case "\\": escaped.append(contentsOf: "\\\\".unicodeScalars)
      default: escaped.append(scalar)
      }
    }
    return String(escaped)
  }
}
