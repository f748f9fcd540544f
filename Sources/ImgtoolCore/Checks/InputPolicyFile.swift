// SPDX-License-Identifier: Apache-2.0

import Foundation

extension InputPolicy: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case schemaVersion, name, summary, formats, maximumBytes, maximumPixels, minimumSide, maximumSide
    case maximumSamples, maximumFrames, maximumBits, maximumEnlargement, price, decoding, passThrough, rules
  }

  public init(from decoder: any Decoder) throws {
    try decoder.refuseFields(besides: CodingKeys.allCases.map(\.rawValue), of: "a policy")
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func limit(_ key: CodingKeys, _ fallback: Int) throws -> Int {
      guard values.contains(key) else { return fallback }
      guard let value = try? values.decode(Int.self, forKey: key), value >= 1 else {  // any reason is this one
        throw DecodingError.dataCorruptedError(
          forKey: key, in: values, debugDescription: "must be a whole number, 1 or more")
      }
      return value
    }
    guard try values.decodeIfPresent(Int.self, forKey: .schemaVersion) ?? 1 == 1 else {
      throw DecodingError.dataCorruptedError(
        forKey: .schemaVersion, in: values, debugDescription: "only schema version 1 is known")
    }
    name = try values.decode(String.self, forKey: .name)
    summary = try values.decodeIfPresent(String.self, forKey: .summary) ?? ""
    formats = try values.decodeIfPresent([ImageFormat].self, forKey: .formats) ?? formats
    maximumBytes = ByteCount(try limit(.maximumBytes, maximumBytes.bytes))
    maximumPixels = try limit(.maximumPixels, maximumPixels)
    minimumSide = try limit(.minimumSide, minimumSide)
    maximumSide = try limit(.maximumSide, maximumSide)
    maximumSamples = try limit(.maximumSamples, maximumSamples)
    maximumFrames = try limit(.maximumFrames, maximumFrames)
    maximumBits = try limit(.maximumBits, maximumBits)
    maximumEnlargement = try values.decodeIfPresent(Double.self, forKey: .maximumEnlargement) ?? maximumEnlargement
    guard maximumEnlargement > 0 else {
      throw DecodingError.dataCorruptedError(
        forKey: .maximumEnlargement, in: values, debugDescription: "must be above 0")
    }
    price = try values.decodeIfPresent(Money.self, forKey: .price)
    guard price.map({ $0 >= .zero }) ?? true else {
      throw DecodingError.dataCorruptedError(forKey: .price, in: values, debugDescription: "must not be below 0")
    }
    passThrough = try values.decodeIfPresent(PassThrough.self, forKey: .passThrough) ?? passThrough
    decoding = try values.decodeIfPresent(DecodeLimits.self, forKey: .decoding)
    for (id, grade) in try values.decodeIfPresent([String: Grade].self, forKey: .rules) ?? [:] {
      guard let rule = PreflightRule(rawValue: id) else {
        throw DecodingError.dataCorruptedError(
          forKey: .rules, in: values, debugDescription: "\"\(id)\" is no rule of preflight")
      }
      rules[rule] = grade
    }
  }

  public func encode(to encoder: any Encoder) throws {
    let open = InputPolicy()
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(1, forKey: .schemaVersion)
    try values.encode(name, forKey: .name)
    try values.encode(summary, forKey: .summary)
    try values.encode(formats, forKey: .formats)
    func limit(_ value: Int, _ fallback: Int, _ key: CodingKeys) throws {
      if value != fallback { try values.encode(value, forKey: key) }
    }
    try limit(maximumBytes.bytes, open.maximumBytes.bytes, .maximumBytes)
    try limit(maximumPixels, open.maximumPixels, .maximumPixels)
    try limit(minimumSide, open.minimumSide, .minimumSide)
    try limit(maximumSide, open.maximumSide, .maximumSide)
    try limit(maximumSamples, open.maximumSamples, .maximumSamples)
    try limit(maximumFrames, open.maximumFrames, .maximumFrames)
    try limit(maximumBits, open.maximumBits, .maximumBits)
    try values.encode(maximumEnlargement, forKey: .maximumEnlargement)
    try values.encodeIfPresent(price, forKey: .price)
    try values.encodeIfPresent(decoding, forKey: .decoding)
    if passThrough != open.passThrough { try values.encode(passThrough, forKey: .passThrough) }
    try values.encode(
      Dictionary(uniqueKeysWithValues: rules.map { ($0.key.rawValue, $0.value) }), forKey: .rules)
  }
}

extension InputPolicy {
  /// Reads one policy from JSON.
  ///
  /// - Throws: `.usage` with the place of the mistake.
  public init(json: some Sequence<UInt8>) throws(ImgtoolError) {
    do {
      self = try JSONDecoder().decode(InputPolicy.self, from: Data(json))
    } catch {
      var reason = Self.reason(of: error)
      while reason.hasSuffix(".") { reason.removeLast() }
      throw ImgtoolError(.usage, "The policy is not valid: \(reason).")
    }
  }

  /// The policies shipped with the library, from `policies.json`.
  public static let shipped: [InputPolicy] = load()

  /// The shipped policy of that name.
  public static func named(_ name: String) -> InputPolicy? { shipped.first { $0.name == name } }

  /// The shipped file is part of the program: a test decodes it, so it cannot fail for a user.
  private static func load() -> [InputPolicy] {
    do {
      return try JSONDecoder().decode([InputPolicy].self, from: Data(PackageResources.policies_json))
    } catch {
      preconditionFailure("policies.json: \(error)")
    }
  }

  private static func reason(of error: any Error) -> String {
    func place(_ context: DecodingError.Context) -> String {
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      return path.isEmpty ? context.debugDescription : "\(path): \(context.debugDescription)"
    }
    return switch error as? DecodingError {
    case .typeMismatch(_, let context): place(context)
    case .valueNotFound(_, let context): place(context)
    case .keyNotFound(let key, _): "\"\(key.stringValue)\" is missing"
    case .dataCorrupted(let context): place(context)
    default: "it cannot be read"
    }
  }
}
