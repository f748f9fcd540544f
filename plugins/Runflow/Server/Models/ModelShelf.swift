// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// The models on offer and the operations that do their work.
package struct ModelShelf: Sendable {
  package let models: [ServedModel]
  private let catalog: OperationCatalog

  /// - Throws: `.usage` when two models share an id.
  package init(_ models: [ServedModel], catalog: OperationCatalog) throws(ImgtoolError) {
    var ids: Set<String> = []
    for model in models where !ids.insert(model.id).inserted {
      throw ImgtoolError(.usage, "Two models are named \(model.id).")
    }
    self.models = models
    self.catalog = catalog
  }

  package func model(_ id: String) -> ServedModel? { models.first { $0.id == id } }

  /// The model a UUID or an owner and slug names.
  package func model(uuid: String) -> ServedModel? { models.first { $0.uuid == uuid || $0.id == uuid } }

  /// The first operation with the model's verb; one of the Runflow backend would only ask another server.
  package func operation(for model: ServedModel) -> (any ImageOperation)? {
    catalog.operations.first { $0.name.verb == model.verb && $0.name.backend != "runflow" }
  }

  /// The record of a model.
  func record(_ model: ServedModel) -> JSON {
    let slug = model.id.split(separator: "/").dropFirst().joined(separator: "/")
    return [
      "id": .string(model.uuid), "slug": .string(slug), "name": .string(model.name),
      "description": .string(model.summary), "version": .null, "is_public": true, "is_official": true,
      "status_code": "active", "availability_status": operation(for: model) == nil ? "unavailable" : "available",
      "category_code": "image", "supports_streaming": false,
      "pricing_note": .string("USD \(Amount.text(model.price.microdollars)) per request"),
      "inputs": .array(inputs(of: model)), "outputs": .array([output(of: model)]),
    ]
  }

  /// The input declarations of a model.
  func inputs(of model: ServedModel) -> [JSON] {
    model.inputs.enumerated().map { order, input in
      var attributes: [JSON.Member] = []
      if let values = input.kind == .tier ? ["1K", "2K", "4K"] : input.choices {
        attributes.append(JSON.Member("allowed_values", .array(values.map { value in JSON(value) })))
      }
      if let minimum = input.minimum { attributes.append(JSON.Member("min", .number(Self.literal(minimum)))) }
      if let maximum = input.maximum { attributes.append(JSON.Member("max", .number(Self.literal(maximum)))) }
      let type: String =
        switch input.kind {
        case .image, .reference, .mask: "image"
        case .ratio, .tier, .choice, .text: "string"
        case .integer: "integer"
        case .number: "number"
        case .flag: "boolean"
        case .choices, .json: "json"
        }
      return [
        "id": .string(Identifier.named("input/\(model.id)/\(input.name)")), "model_id": .string(model.uuid),
        "name": .string(input.name), "display_name": .string(input.name), "description": JSON(input.summary),
        "variable_type_code": .string(type), "default_behavior_code": .null, "validator_code": .null,
        "validator_attrs": .object(attributes), "is_required": .bool(input.isRequired), "default_value": .null,
        "sort_order": JSON(order), "is_featured": .bool(input.isRequired),
      ]
    }
  }

  private func output(of model: ServedModel) -> JSON {
    [
      "id": .string(Identifier.named("output/\(model.id)")), "model_id": .string(model.uuid),
      "name": .string(model.output.rawValue), "display_name": .string(model.output.rawValue), "description": .null,
      "variable_type_code": model.output == .outputs ? "json" : "image_list", "validator_code": .null,
      "validator_attrs": [:], "sort_order": 0,
    ]
  }

  private static func literal(_ number: Double) -> String { Int(exactly: number).map(String.init) ?? String(number) }
}
