// SPDX-License-Identifier: Apache-2.0
import HTTPTypes

/// The OpenAPI 3.1 document of the server, written from the routes themselves.
package struct OpenAPIDocument: Sendable {
  let endpoints: [Endpoint]

  /// `GET /v1/openapi.json`, which describes itself too.
  var endpoint: Endpoint {
    let bare = Endpoint("getOpenAPI", .get, "/v1/openapi.json", "This document.", access: .open) { _ in
      .answer(Answer([:]))
    }
    let bytes = OpenAPIDocument(endpoints: [bare] + endpoints).json.bytes
    return Endpoint("getOpenAPI", .get, "/v1/openapi.json", "This document.", access: .open) { _ in
      .answer(Answer(status: 200, json: bytes))
    }
  }

  package var json: JSON {
    [
      "openapi": "3.1.0",
      "info": [
        "title": "Runflow, served locally", "version": "1",
        "description": "The part of the Runflow API that imgtool serves on this machine.",
      ], "paths": .object(paths),
      "components": [
        "schemas": OpenAPISchemas.all,
        "securitySchemes": ["key": ["type": "http", "scheme": "bearer"]],
      ],
    ]
  }

  private var paths: [JSON.Member] {
    var paths: [JSON.Member] = []
    for endpoint in endpoints {
      let path = endpoint.path.replacing("+}", with: "}")
      let method = JSON.Member(endpoint.method.rawValue.lowercased(), operation(endpoint))
      if let at = paths.firstIndex(where: { $0.name == path }) {
        paths[at].value = paths[at].value.merged(with: .object([method]))
      } else {
        paths.append(JSON.Member(path, .object([method])))
      }
    }
    return paths
  }

  private func operation(_ endpoint: Endpoint) -> JSON {
    var members: [JSON.Member] = [
      JSON.Member("operationId", .string(endpoint.id)), JSON.Member("summary", .string(endpoint.summary)),
    ]
    let inPath = endpoint.path.split(separator: "/").filter { $0.hasPrefix("{") }.map { part -> JSON in
      let name = part.dropFirst().dropLast(part.hasSuffix("+}") ? 2 : 1)
      return ["name": .string(String(name)), "in": "path", "required": true, "schema": ["type": "string"]]
    }
    let inQuery = endpoint.query.map { name -> JSON in
      ["name": .string(name), "in": "query", "required": false, "schema": Self.type(ofQuery: name)]
    }
    var inHeader: [JSON] = []
    if endpoint.method == .post {
      inHeader.append([
        "name": "Idempotency-Key", "in": "header", "required": false, "schema": ["type": "string", "maxLength": 255],
      ])
    }
    members.append(JSON.Member("parameters", .array(inPath + inQuery + inHeader)))
    if let takes = endpoint.takes {
      let isRequired = OpenAPISchemas.all[takes]?["required"]?.items?.isEmpty == false
      members.append(JSON.Member("requestBody", ["required": .bool(isRequired), "content": content(takes)]))
    }
    if endpoint.access == .key || endpoint.access == .service {
      members.append(JSON.Member("security", [["key": []]]))
    }
    var success: JSON = ["description": .string(endpoint.summary)]
    if let gives = endpoint.gives { success = success.merged(with: ["content": content(gives)]) }
    members.append(
      JSON.Member(
        "responses",
        .object([
          JSON.Member(String(endpoint.success), success),
          JSON.Member("default", ["description": "An error.", "content": content("Error")]),
        ])))
    return .object(members)
  }

  private static func type(ofQuery name: String) -> JSON {
    switch name {
    case "limit": ["type": "integer", "minimum": 1, "maximum": 500]
    case "from_prev", "add_signature": ["type": "boolean"]
    default: ["type": "string"]
    }
  }

  private func content(_ schema: String) -> JSON {
    ["application/json": ["schema": ["$ref": .string("#/components/schemas/" + schema)]]]
  }
}
