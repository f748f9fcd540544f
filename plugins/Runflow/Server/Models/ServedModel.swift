// SPDX-License-Identifier: Apache-2.0
import Foundation
public import ImgtoolCore

/// A model the server offers: its price, its inputs, and the verb of the operation that does the work.
///
/// Read from JSON, see `models.json`: the descriptors of the Runflow backend, with a few members more. A model whose verb no operation of the catalog has answers 503.
public struct ServedModel: Sendable, Hashable, Codable {
  /// One input of a model.
  public struct Input: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Hashable, Codable {
      /// The image of the job by URL, asset reference or data URI; always required. A zip where `takesZip` says so.
      case image
      /// Another image, by the same means.
      case reference
      /// Another image that marks places of the first.
      case mask
      /// Two whole numbers with a colon, "21:9".
      case ratio
      /// "1K", "2K" or "4K".
      case tier
      /// One of `choices`.
      case choice
      /// A list of some of `choices`.
      case choices
      case integer, number, text, flag
      /// Anything; handed on to nothing.
      case json
    }

    /// As on the wire; a dot leads into a nested object: "config.aspect_ratio".
    public var name: String
    public var kind: Kind
    public var summary: String?
    public var isRequired: Bool
    public var choices: [String]?
    public var minimum: Double?
    public var maximum: Double?
    /// Whether an archive of images may come in the place of one.
    public var takesZip: Bool

    private enum CodingKeys: String, CodingKey {
      case name, kind, summary, isRequired, choices, minimum, maximum, takesZip = "zip"
    }

    public init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      name = try values.decode(String.self, forKey: .name)
      kind = try values.decode(Kind.self, forKey: .kind)
      summary = try values.decodeIfPresent(String.self, forKey: .summary)
      isRequired = try values.decodeIfPresent(Bool.self, forKey: .isRequired) ?? (kind == .image)
      choices = try values.decodeIfPresent([String].self, forKey: .choices)
      minimum = try values.decodeIfPresent(Double.self, forKey: .minimum)
      maximum = try values.decodeIfPresent(Double.self, forKey: .maximum)
      takesZip = try values.decodeIfPresent(Bool.self, forKey: .takesZip) ?? false
    }

    /// The parts of the name, from the outside in.
    package var path: [String] { name.split(separator: ".").map(String.init) }

    /// The operation's parameter that gets the value: the last part of the name.
    package var parameter: String { path.last ?? name }

    /// The value in an input; nothing where it is absent or null.
    package func value(in input: JSON) -> JSON? {
      var value: JSON? = input
      for part in path { value = value?[part] }
      return value.flatMap { found in found.isNull ? Optional<JSON>.none : found }
    }
  }

  /// The shape of a run's output.
  public enum OutputShape: String, Sendable, Hashable, Codable {
    /// `{"outputs": [{"url", "type"}], "seed", "timing", "nsfw_detected"}`
    case outputs
    /// `{"image_urls": ["…"]}`
    case imageURLs = "image_urls"
  }

  /// Owner and slug, "runflow/smart-resize"; two or more segments.
  public var id: String
  public var name: String
  public var summary: String
  /// What a request costs.
  public var price: Money
  /// The verb of the operation that does the work.
  public var verb: String
  public var inputs: [Input]
  public var output: OutputShape
  /// Whether batches are taken; a model without answers 422.
  public var takesBatches: Bool

  private enum CodingKeys: String, CodingKey {
    case id, name, summary, price, verb, inputs, output, takesBatches = "batches"
  }

  /// Reads a model; `name`, `output` and `batches` may be left out, and what only clients need is passed over.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    id = try values.decode(String.self, forKey: .id)
    name = try values.decodeIfPresent(String.self, forKey: .name) ?? id
    summary = try values.decode(String.self, forKey: .summary)
    price = try values.decode(Money.self, forKey: .price)
    verb = try values.decode(String.self, forKey: .verb)
    inputs = try values.decode([Input].self, forKey: .inputs)
    output = try values.decodeIfPresent(OutputShape.self, forKey: .output) ?? .outputs
    takesBatches = try values.decodeIfPresent(Bool.self, forKey: .takesBatches) ?? true
  }

  /// Reads a list of models.
  ///
  /// - Throws: `.usage` naming what is wrong.
  public static func list(json bytes: [UInt8]) throws(ImgtoolError) -> [ServedModel] {
    let models: [ServedModel]
    do {
      models = try JSONDecoder().decode([ServedModel].self, from: Data(bytes))
    } catch {
      throw ImgtoolError(.usage, "The list of models cannot be read.", underlying: "\(error)")
    }
    for model in models {
      let segments = model.id.split(separator: "/", omittingEmptySubsequences: false)
      let isPlain = segments.allSatisfy { segment in
        !segment.isEmpty && segment != "." && segment != ".."
          && segment.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 45 || $0 == 46
          }
      }
      guard segments.count >= 2, isPlain, model.price >= .zero else {
        throw ImgtoolError(.usage, "The model \"\(model.id)\" is no owner/slug with a price of 0 or more.")
      }
    }
    return models
  }

  /// The models known by themselves.
  ///
  /// - Throws: `.usage` when the shipped list is broken.
  public static func shipped() throws(ImgtoolError) -> [ServedModel] {
    try list(json: PackageResources.models_json)
  }

  /// The model's UUID, the same on every machine.
  package var uuid: String { Identifier.named("model/" + id) }
}
