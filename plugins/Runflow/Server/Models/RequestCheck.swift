// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// Holds a run's input against its model: every fault found, for one 422 answer.
package struct RequestCheck: Sendable {
  let model: ServedModel
  let gate: NetworkGate
  /// The base of this server's own URLs, which need no gate.
  let ownBase: String

  /// - Parameter place: the way to the input in the body.
  package func details(_ input: JSON, at place: [String]) -> [WireFailure.Detail] {
    guard input.members != nil else {
      return [WireFailure.Detail(place, "an object is expected", type: "type")]
    }
    var details: [WireFailure.Detail] = []
    for spec in model.inputs {
      let here = place + spec.path
      guard let value = spec.value(in: input) else {
        if spec.isRequired { details.append(WireFailure.Detail(here, "field required", type: "missing")) }
        continue
      }
      if let (message, type) = objection(to: value, spec) {
        details.append(WireFailure.Detail(here, message, type: type))
      }
    }
    return details
  }

  private func objection(to value: JSON, _ spec: ServedModel.Input) -> (message: String, type: String)? {
    switch spec.kind {
    case .json: return nil
    case .flag: return value.truth == nil ? ("true or false is expected", "type") : nil
    case .integer:
      guard let number = value.integer else { return ("a whole number is expected", "type") }
      return rangeObjection(to: Double(number), spec)
    case .number:
      guard let number = value.real, number.isFinite else { return ("a number is expected", "type") }
      return rangeObjection(to: number, spec)
    case .choices:
      guard let items = value.items, !items.isEmpty else { return ("a list is expected", "type") }
      return items.lazy.compactMap { choiceObjection(to: $0.text ?? "", spec.choices ?? []) }.first
    case .text, .choice, .tier, .ratio, .image, .reference, .mask:
      guard let text = value.text else { return ("a string is expected", "type") }
      return objection(toText: text, spec)
    }
  }

  /// The longest text taken, in UTF-8 bytes.
  private static let maximumText = 10_000

  private func objection(toText text: String, _ spec: ServedModel.Input) -> (message: String, type: String)? {
    switch spec.kind {
    case .tier: return choiceObjection(to: text, ["1K", "2K", "4K"])
    case .choice: return choiceObjection(to: text, spec.choices ?? [])
    case .ratio:
      let terms = text.split(separator: ":", omittingEmptySubsequences: false)
      let isRatio = terms.count == 2 && terms.allSatisfy { Int(strict: $0) != nil } && AspectRatio(text) != nil
      return isRatio ? nil : ("a ratio such as 16:9 is expected", "pattern")
    case .image, .reference, .mask: return imageObjection(to: text)
    default:
      guard text.utf8.count > Self.maximumText else { return nil }
      return ("at most \(Self.maximumText) bytes are allowed", "too_long")
    }
  }

  private func choiceObjection(to text: String, _ choices: [String]) -> (message: String, type: String)? {
    choices.contains(text) ? nil : ("value must be one of \(choices.joined(separator: ", "))", "enum")
  }

  private func rangeObjection(to number: Double, _ spec: ServedModel.Input) -> (message: String, type: String)? {
    let (low, high) = (spec.minimum ?? -.infinity, spec.maximum ?? .infinity)
    guard number < low || number > high else { return nil }
    return ("value must be from \(Self.plain(low)) to \(Self.plain(high))", "range")
  }

  private static func plain(_ number: Double) -> String {
    Int(exactly: number).map(String.init) ?? String(number)
  }

  private func imageObjection(to text: String) -> (message: String, type: String)? {
    if text.hasPrefix(AssetReference.scheme) {
      return AssetReference(text) == nil ? ("a reference is runflow://assets/ and a UUID", "asset") : nil
    }
    if text.hasPrefix("data:") { return ("a data URI must be base64 of an image", "data_uri") }
    if text.hasPrefix(ownBase + "/storage/") { return nil }
    return gate.objection(to: text)
  }
}

/// A stable reference to an asset: `runflow://assets/{uuid}`.
package struct AssetReference: Sendable, Hashable {
  package static let scheme = "runflow://"
  private static let prefix = "runflow://assets/"
  package let id: String

  package init(id: String) { self.id = id }

  package init?(_ text: String) {
    guard text.hasPrefix(Self.prefix), let id = Identifier.canonical(text.dropFirst(Self.prefix.count)) else {
      return nil
    }
    self.id = id
  }

  package var text: String { Self.prefix + id }
}
