// SPDX-License-Identifier: Apache-2.0
import Foundation
public import ImgtoolCore

/// A model the server offers: its price, its inputs, and the verb of the operation that does the work.
///
/// Read from JSON, see `models.json`; a model whose verb no operation of the catalog has answers 503.
public struct ServedModel: Sendable, Hashable, Codable {
  /// One input of a model.
  public struct Input: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Hashable, Codable {
      /// An image by URL, asset reference or data URI; a zip of images where `takesZip` says so.
      case image
      /// Two whole numbers with a colon, "21:9".
      case ratio
      case string, integer, number, boolean
      /// Anything; handed on to nothing.
      case json
    }

    public var name: String
    public var kind: Kind
    public var summary: String?
    public var isRequired: Bool
    /// The only values taken.
    public var values: [String]?
    public var minimum: Double?
    public var maximum: Double?
    /// The longest text in UTF-8 bytes.
    public var maximumBytes: Int?
    public var takesZip: Bool
    /// The operation's parameter that gets the value, where its name differs.
    public var parameter: String?

    private enum CodingKeys: String, CodingKey {
      case name, kind = "type", summary, isRequired = "required", values, minimum, maximum, maximumBytes
      case takesZip = "zip", parameter
    }

    public init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      name = try values.decode(String.self, forKey: .name)
      kind = try values.decode(Kind.self, forKey: .kind)
      summary = try values.decodeIfPresent(String.self, forKey: .summary)
      isRequired = try values.decodeIfPresent(Bool.self, forKey: .isRequired) ?? false
      self.values = try values.decodeIfPresent([String].self, forKey: .values)
      minimum = try values.decodeIfPresent(Double.self, forKey: .minimum)
      maximum = try values.decodeIfPresent(Double.self, forKey: .maximum)
      maximumBytes = try values.decodeIfPresent(Int.self, forKey: .maximumBytes)
      takesZip = try values.decodeIfPresent(Bool.self, forKey: .takesZip) ?? false
      parameter = try values.decodeIfPresent(String.self, forKey: .parameter)
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
    case id, name, summary, price, verb = "operation", inputs, output, takesBatches = "batches"
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
