// SPDX-License-Identifier: Apache-2.0

internal import Foundation
public import ImgtoolCore

/// One model of the catalogue as data: enough to make it an operation without Swift code.
///
/// The JSON form has the same names as the fields; unknown fields are errors, so that a slip of the pen is noticed
/// before it is paid for.
public struct ModelDescriptor: Sendable, Hashable {
  /// One input of a model.
  public struct Input: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Hashable, Codable {
      /// The picture of the job: uploaded and named by reference.
      case image
      /// Another picture: a file that goes along, an https address or a `runflow://assets/` reference.
      case reference
      /// The same; it marks places of the picture of the job and has its size.
      case mask
      case ratio, tier, choice, integer, text, flag
      /// Several of the choices, separated by commas, sent as a list.
      case choices
    }

    /// As on the wire; a dot leads into a nested object: "config.aspect_ratio".
    public var name: String
    public var kind: Kind
    public var summary: String
    public var isRequired: Bool?
    public var choices: [String]?
    public var minimum: Int?
    public var maximum: Int?
    public var fallback: String?
    /// Whether a zip of pictures may come in the place of one.
    public var takesZip: Bool?

    private enum CodingKeys: String, CodingKey {
      case name, kind, summary, isRequired, choices, minimum, maximum, fallback, takesZip = "zip"
    }
  }

  /// What must come back.
  public enum Promise: String, Sendable, Hashable, Codable {
    /// The frame that `aspect_ratio` and `resolution` name.
    case frame
    /// The display size of the input.
    case sameSize
    case anything
  }

  /// "owner/name", more segments possible.
  public var id: String
  /// The verb of the operation: "background-color" becomes `runflow.background-color`.
  public var verb: String
  public var summary: String
  /// What one request costs.
  public var price: Money
  public var inputs: [Input]
  public var promise: Promise
  /// A shipped input policy by name.
  public var policy: String?
  /// How long a run usually takes.
  public var typicalSeconds: Int
}

extension ModelDescriptor: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case id, verb, summary, price, inputs, promise, policy, typicalSeconds
  }

  /// Any field, also one that a model does not have.
  private struct Field: CodingKey {
    let stringValue: String
    let intValue: Int? = nil
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let all = try decoder.container(keyedBy: Field.self).allKeys.map(\.stringValue)
    if let unknown = all.first(where: { CodingKeys(rawValue: $0) == nil }) {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "\"\(unknown)\" is no field of a model"))
    }
    id = try values.decode(String.self, forKey: .id)
    verb = try values.decode(String.self, forKey: .verb)
    summary = try values.decode(String.self, forKey: .summary)
    price = try values.decode(Money.self, forKey: .price)
    inputs = try values.decode([Input].self, forKey: .inputs)
    promise = try values.decodeIfPresent(Promise.self, forKey: .promise) ?? .anything
    policy = try values.decodeIfPresent(String.self, forKey: .policy)
    typicalSeconds = try values.decodeIfPresent(Int.self, forKey: .typicalSeconds) ?? 60
    if let problem = problem {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: problem))
    }
  }

  /// What is wrong with the whole, as the end of a sentence.
  private var problem: String? {
    if OperationName(backend: "runflow", verb: verb) == nil { return "\"\(verb)\" is no verb" }
    if (try? RunflowClient.path(ofModel: id)) == nil { return "\"\(id)\" is no owner/name" }  // only whether
    if inputs.count(where: { $0.kind == .image }) != 1 { return "\(id) needs exactly one input of kind image" }
    if Set(inputs.map(\.name)).count != inputs.count { return "\(id) has two inputs of one name" }
    if price < .zero { return "the price of \(id) is below zero" }
    if let policy, InputPolicy.named(policy) == nil { return "there is no policy \"\(policy)\"" }
    for input in inputs {
      if [.choice, .choices].contains(input.kind), input.choices?.isEmpty ?? true {
        return "\(input.name) offers no choices"
      }
      if input.kind == .integer, (input.minimum ?? 0) > (input.maximum ?? .max) { return "\(input.name) has no range" }
    }
    let kinds = Dictionary(inputs.map { ($0.name, $0.kind) }) { first, _ in first }
    if promise == .frame, kinds["aspect_ratio"] != .ratio || kinds["resolution"] != .tier {
      return "\(id) promises a frame and does not take one"
    }
    return nil
  }
}

extension ModelDescriptor {
  /// The models shipped with the library, from `models.json`.
  public static let shipped: [ModelDescriptor] = load()

  /// The shipped file is part of the program: a test decodes it, so it cannot fail for a user.
  private static func load() -> [ModelDescriptor] {
    do {
      return try JSONDecoder().decode([ModelDescriptor].self, from: Data(PackageResources.models_json))
    } catch {
      preconditionFailure("models.json: \(error)")
    }
  }

  /// Reads one model, or an array of them, from JSON.
  ///
  /// - Parameter place: the name of the file, for the message.
  /// - Throws: `.usage` with the mistake.
  public static func read(_ json: some Sequence<UInt8>, place: String) throws(ImgtoolError) -> [ModelDescriptor] {
    let data = Data(json)
    do {
      if data.first(where: { !" \t\r\n".utf8.contains($0) }) == UInt8(ascii: "[") {
        return try JSONDecoder().decode([ModelDescriptor].self, from: data)
      }
      return [try JSONDecoder().decode(ModelDescriptor.self, from: data)]
    } catch {
      throw ImgtoolError(.usage, "The model file \(place) is not valid.", underlying: String(describing: error))
    }
  }

  /// The parameters a user may give.
  public var parameters: [ParameterSpec] {
    inputs.map { input in
      guard input.kind != .image else {
        return ParameterSpec(
          input.parameter, input.specKind, "An https address or runflow://assets/ reference, instead of an upload.")
      }
      return ParameterSpec(
        input.parameter, input.specKind, input.summary, required: input.isRequired ?? false, fallback: input.fallback)
    }
  }
}

extension ModelDescriptor.Input {
  /// Whether a file may go along as its value.
  var isAttachable: Bool { kind == .mask || kind == .reference }

  /// The name as a parameter: the last part of a nested one.
  var parameter: String { name.split(separator: ".").last.map(String.init) ?? name }

  fileprivate var specKind: ParameterSpec.Kind {
    switch kind {
    case .image: .text(maximumBytes: WebAddress.longest)
    case .reference, .mask: .picture
    case .ratio: .ratio
    case .tier: .tier
    case .choice: .choice(choices ?? [])
    case .choices: .text(maximumBytes: 1000)
    case .integer: .integer((minimum ?? 0)...(maximum ?? Int(Int32.max)))
    case .text: .text(maximumBytes: maximum ?? 2000)
    case .flag: .flag
    }
  }
}
