// SPDX-License-Identifier: Apache-2.0

/// The schemas of the OpenAPI document, in JSON Schema's words (2020-12).
enum OpenAPISchemas {
  static var all: JSON {
    .object(
      [
        ("Error", object(["code": text, "message": text, "errors": orNull(array(["type": "object"]))])),
        ("List", list(["type": "object"])),
        ("Health", object(["status": text, "ok": truth])),
        ("Readiness", object(["status": text, "checks": ["type": "object"]])),
        ("Account", object(["org_id": text, "token_type": text, "scopes": array(text)])),
        (
          "Balance",
          object([
            "id": text, "org_id": text, "balance": amount, "low_balance_threshold": orNull(amount),
            "low_balance_notified_at": orNull(text), "created_at": text, "updated_at": text,
          ])
        ),
        (
          "BalanceChange",
          object([
            "low_balance_threshold": [
              "anyOf": [
                ["type": "number", "minimum": 0], ["type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?$"],
              ]
            ]
          ])
        ),
        (
          "Model",
          object(["id": text, "slug": text, "name": text, "pricing_note": text, "inputs": array(ref("ModelInput"))])
        ),
        (
          "ModelInput",
          object([
            "id": text, "model_id": text, "name": text, "variable_type_code": text, "is_required": truth,
            "validator_attrs": ["type": "object"], "sort_order": whole,
          ])
        ),
        (
          "ModelExample",
          object([
            "id": text, "model_id": text, "input": ["type": "object"], "output": orNull(["type": "object"]),
            "cost": orNull(amount), "timing": ["type": "null"], "duration_ms": orNull(whole), "total_ms": orNull(whole),
            "start_type": ["type": "null"], "created_at": text,
          ])
        ), ("ModelExampleList", list(ref("ModelExample"))),
        (
          "RunRequest", object(["input": ["type": "object"]], optional: request.merged(with: ["client_ref": reference]))
        ),
        ("Run", run), ("RunList", list(ref("Run"))),
        ("StatusList", list(object(["code": text, "is_terminal": truth]))),
        (
          "Cancellation",
          object([:], optional: ["reason": orNull(["type": "string", "minLength": 3, "maxLength": 500])])
        ),
        (
          "BatchRequest",
          object(
            ["input": ["type": "array", "minItems": 1, "maxItems": 100, "items": ["type": "object"]]], optional: request
          )
        ),
        ("Batch", batch), ("BatchList", list(ref("Batch"))), ("BatchItem", item),
        ("BatchItemList", list(ref("BatchItem"))),
        (
          "UploadRequest",
          object([
            "filename": ["type": "string", "minLength": 1, "maxLength": 500],
            "mime_type": ["type": "string", "enum": .array(AssetRoutes.mediaTypes.map { type in JSON(type) })],
            "size_bytes": ["type": "integer", "minimum": 1, "maximum": 52_428_800],
          ])
        ),
        ("UploadSession", object(["asset_id": text, "upload_url": text])),
        ("Confirmation", object([:], optional: ["folder_id": orNull(text)])),
        (
          "Asset",
          record([
            "id": text, "name": text, "url": text, "thumbnail_url": orNull(text), "mime_type": text,
            "size_bytes": whole, "asset_type": text, "folder_id": orNull(text), "created_at": text,
            "deleted_at": orNull(text),
          ])
        ),
        ("AssetList", list(ref("Asset"))), ("Delivery", delivery), ("DeliveryArray", array(ref("Delivery"))),
        ("SecretRequest", object([:], optional: ["label": orNull(["type": "string", "maxLength": 255])])),
        (
          "SecretChange",
          object(
            [:],
            optional: [
              "label": orNull(["type": "string", "maxLength": 255]), "is_current": ["type": ["boolean", "null"]],
            ])
        ),
        ("Secret", record(secret)), ("SecretList", list(ref("Secret"))),
        ("NewSecret", object((["plain_secret": text] as JSON).merged(with: secret))),
      ].map { JSON.Member($0.0, $0.1) })
  }

  private static let text: JSON = ["type": "string"]
  private static let whole: JSON = ["type": "integer"]
  private static let truth: JSON = ["type": "boolean"]
  private static let amount: JSON = ["type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$"]
  private static let reference: JSON = ["type": ["string", "null"], "maxLength": 255]

  /// What requests for runs and batches share.
  private static let request: JSON = [
    "metadata": ["type": ["object", "null"]], "callback_url": ["type": ["string", "null"], "maxLength": 2048],
  ]

  private static let run = record([
    "id": text, "org_id": text, "model_id": text, "target_type": text, "status_code": text, "source_code": text,
    "input": ["type": "object"], "output": orNull(["type": "object"]), "duration_ms": orNull(whole),
    "cost": orNull(amount), "batch_id": orNull(text), "client_ref": orNull(text), "request_id": text,
    "created_at": text, "started_at": orNull(text), "completed_at": orNull(text), "callback_url": orNull(text),
    "metadata": orNull(["type": "object"]), "has_logs": truth, "has_node_runs": truth, "links": ["type": "object"],
    "failure_code": orNull(text), "failure_message": orNull(text), "failure_stage_code": orNull(text),
  ])

  private static let lean =
    [
      "id": text, "sequence_index": whole, "run_id": text, "status_code": text, "client_ref": orNull(text),
    ] as JSON

  private static let item = record(
    lean.merged(with: [
      "batch_id": text, "input": ["type": "object"], "cost": orNull(amount), "output": orNull(["type": "object"]),
      "error": orNull(["type": "object"]), "run": ref("Run"),
    ]))

  private static let batch = record([
    "id": text, "target_type": text, "target_id": text, "status_code": text, "items_total": whole,
    "items_succeeded": whole, "items_failed": whole, "items_cancelled": whole, "items": array(object(lean)),
    "created_at": text, "started_at": orNull(text), "completed_at": orNull(text),
    "output": orNull(["type": "object"]), "cost": orNull(amount), "metadata": orNull(["type": "object"]),
    "callback_url": orNull(text),
  ])

  private static let delivery = object([
    "id": text, "run_id": orNull(text), "callback_url": text, "payload_bytes": text, "payload": ["type": "object"],
    "signing_secret_id": orNull(text), "is_automatic": truth, "status_code": text,
    "failure_reason_code": orNull(text), "failure_detail": orNull(text), "attempt_count": whole,
    "max_attempts": whole, "next_attempt_at": orNull(text), "attempts": array(["type": "object"]),
  ])

  private static let secret: JSON = [
    "id": text, "org_id": text, "key_prefix": text, "is_current": truth, "label": orNull(text),
    "disabled_at": orNull(text), "last_used_at": orNull(text), "created_at": text, "updated_at": text,
  ]

  private static func ref(_ name: String) -> JSON { ["$ref": .string("#/components/schemas/" + name)] }
  private static func array(_ items: JSON) -> JSON { ["type": "array", "items": items] }

  /// An object whose named members are all required, and others it may have.
  private static func object(_ members: JSON, optional: JSON = [:]) -> JSON {
    [
      "type": "object", "required": .array((members.members ?? []).map { .string($0.name) }),
      "properties": members.merged(with: optional),
    ]
  }

  /// What lists and reads give, from which `fields` may have picked some members.
  private static func record(_ members: JSON) -> JSON {
    ["type": "object", "required": ["id"], "properties": members]
  }

  private static func list(_ items: JSON) -> JSON {
    object(["items": array(items), "first": orNull(text), "next": orNull(text), "previous": orNull(text)])
  }

  private static func orNull(_ schema: JSON) -> JSON { ["anyOf": [schema, ["type": "null"]]] }
}
