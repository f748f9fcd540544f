// SPDX-License-Identifier: Apache-2.0
import GRDB
import HTTPTypes
import Hummingbird
import ImgtoolCore
import NIOCore

/// Three-step uploads, assets, and the storage that signed URLs lead to.
struct AssetRoutes: Sendable {
  let house: House

  var endpoints: [Endpoint] {
    [
      Endpoint(
        "createUpload", .post, "/v1/asset-uploads", "Begin an upload.", success: 201, takes: "UploadRequest",
        gives: "UploadSession", handle: begin),
      Endpoint(
        "confirmUpload", .post, "/v1/asset-uploads/{id}/confirmations", "Make uploaded bytes an asset.", success: 201,
        takes: "Confirmation", gives: "Asset", handle: confirm),
      Endpoint(
        "listAssets", .get, "/v1/assets", "List assets.", gives: "AssetList", query: ListQuery.names, handle: list),
      Endpoint("listAssetTypes", .get, "/v1/assets/types", "Media types that may be uploaded.", gives: "List") { _ in
        .answer(
          Answer([
            "items": .array(Self.mediaTypes.map { ["mime_type": .string($0)] }), "first": .null, "next": .null,
            "previous": .null,
          ]))
      },
      Endpoint("getAsset", .get, "/v1/assets/{id}", "One asset with a fresh URL.", gives: "Asset") { call in
        .answer(Answer(house.renderer.asset(try await asset(call))))
      },
      Endpoint("deleteAsset", .delete, "/v1/assets/{id}", "Delete an asset.", success: 204, handle: delete),
      Endpoint(
        "upload", .put, "/storage/uploads/{id}", "Put the bytes of an upload.", access: .signed, streams: true,
        handle: receive),
      Endpoint("downloadAsset", .get, "/storage/assets/{id}", "The bytes of an asset.", access: .signed) { call in
        let id = call.part("id")
        guard Identifier.canonical(id) == id,
          let row = try await house.store.read({ db in try AssetRow.fetchOne(db, key: id) }), row.deletedAt == nil
        else { throw WireFailure.notFound("file", code: "NOT_FOUND") }
        return try await stored("assets/\(id)")
      },
      Endpoint("download", .get, "/storage/outputs/{run}/{name}", "A result.", access: .signed) { call in
        try await stored("outputs/\(call.part("run"))/\(call.part("name"))")
      },
    ]
  }

  /// What may be uploaded.
  static let mediaTypes =
    ImageFormat.allCases.filter { $0 != .svg }.map(\.mediaType) + ["image/heif", "application/zip"]

  private func begin(_ call: Call) async throws -> Endpoint.Effect {
    let body = try call.object()
    var details: [WireFailure.Detail] = []
    func demand(_ name: String, _ isGood: Bool, _ message: String, _ type: String) {
      if !isGood {
        details.append(
          WireFailure.Detail(
            ["body", name], body[name] == nil ? "field required" : message, type: body[name] == nil ? "missing" : type))
      }
    }
    let name = body["filename"]?.text ?? ""
    let mediaType = body["mime_type"]?.text?.lowercased() ?? ""
    let bytes = body["size_bytes"]?.integer ?? 0
    let most = house.configuration.limits.uploadBytes.bytes
    demand("filename", (1...500).contains(name.unicodeScalars.count), "1 to 500 characters are expected", "range")
    demand("mime_type", Self.mediaTypes.contains(mediaType), "the media type is not supported", "enum")
    demand("size_bytes", (1...most).contains(bytes), "1 to \(most) bytes are expected", "range")
    guard details.isEmpty else { throw WireFailure.invalid(details) }
    let now = house.surroundings.now()
    let row = AssetRow(
      id: house.newID(), organisation: call.organisation, name: name, mediaType: mediaType, bytes: bytes,
      isConfirmed: false, folderID: nil, createdAt: now.microseconds, updatedAt: now.microseconds, deletedAt: nil)
    let url = house.signer.url("PUT", "/storage/uploads/\(row.id)", lifetime: URLSigner.Lifetime.upload)
    return .change({ db in
      try row.insert(db)
      return Answer(201, ["asset_id": .string(row.id), "upload_url": .string(url)])
    })
  }

  /// Takes exactly the announced bytes under exactly the announced type.
  private func receive(_ call: Call) async throws -> Endpoint.Effect {
    let id = call.part("id")
    guard let row = try await house.store.read({ db in try AssetRow.fetchOne(db, key: id) }) else {
      throw WireFailure.notFound("upload", code: "NOT_FOUND")
    }
    guard !row.isConfirmed else { throw WireFailure(409, "CONFLICT", "The upload is an asset already.") }
    guard call.headers[.contentType]?.lowercased() == row.mediaType else {
      throw WireFailure(403, "SIGNATURE_MISMATCH", "The Content-Type is not the announced one.")
    }
    if let length = call.headers[.contentLength], Int(length) != row.bytes {
      throw WireFailure(400, "BAD_REQUEST", "The length is not the announced one.")
    }
    let receiver = try await house.files.receive()
    defer { receiver.discard() }
    for try await piece in call.stream {
      guard receiver.count + piece.readableBytes <= row.bytes else {
        throw WireFailure(400, "BAD_REQUEST", "There are more bytes than announced.")
      }
      try await house.files.append(Array(piece.readableBytesView), to: receiver)
    }
    guard receiver.count == row.bytes else {
      throw WireFailure(400, "BAD_REQUEST", "There are fewer bytes than announced.")
    }
    try await house.files.finish(receiver, as: "assets/\(id)")
    return .answer(Answer(status: 200))
  }

  /// Looks at what was stored: its true size and type go into the record.
  private func confirm(_ call: Call) async throws -> Endpoint.Effect {
    let body = try call.object()
    let found = try await row(call)
    guard let length = try await house.files.length("assets/\(found.id)") else {
      throw WireFailure.invalid(["path", "id"], "nothing was uploaded", type: "upload_missing")
    }
    let head = try await house.files.head("assets/\(found.id)", limit: MediaSniffer.length)
    let (renderer, now) = (house.renderer, house.surroundings.now())
    return .change({ db in
      guard var row = try AssetRow.fetchOne(db, key: found.id) else {
        throw WireFailure.notFound("upload", code: "NOT_FOUND")
      }
      if !row.isConfirmed {
        row.isConfirmed = true
        row.bytes = length
        row.mediaType = MediaSniffer.mediaType(head)
        row.folderID = body["folder_id"]?.text
        row.updatedAt = now.microseconds
        try row.update(db)
      }
      return Answer(201, renderer.asset(row))
    })
  }

  private func list(_ call: Call) async throws -> Endpoint.Effect {
    let query = try ListQuery(
      call.query,
      fields: [
        "id": .text(column: "id"), "name": .text(column: "name"), "mime_type": .text(column: "mediaType"),
        "created_at": .time(column: "createdAt"),
      ])
    let organisation = call.organisation
    let page = try await house.store.read { db in
      try query.page(
        of: AssetRow.self, where: "organisation = ? AND isConfirmed AND deletedAt IS NULL", [organisation], in: db)
    }
    return .answer(Answer(page.envelope(fields: query.fields, house.renderer.asset)))
  }

  private func row(_ call: Call) async throws -> AssetRow {
    let id = call.part("id").lowercased()
    guard let row = try await house.store.read({ db in try AssetRow.fetchOne(db, key: id) }),
      row.organisation == call.organisation, row.deletedAt == nil
    else { throw WireFailure.notFound("asset", code: "ASSET_NOT_FOUND") }
    return row
  }

  private func asset(_ call: Call) async throws -> AssetRow {
    let row = try await row(call)
    guard row.isConfirmed else { throw WireFailure.notFound("asset", code: "ASSET_NOT_FOUND") }
    return row
  }

  private func delete(_ call: Call) async throws -> Endpoint.Effect {
    let found = try await asset(call)
    let (files, now) = (house.files, house.surroundings.now())
    return .change(
      { db in
        var row = found
        row.deletedAt = now.microseconds
        try row.update(db)
        return Answer(status: 204)
      },
      // A file that cannot be removed is out of reach all the same.
      after: { try? await files.remove("assets/\(found.id)") })
  }

  private func stored(_ name: String) async throws -> Endpoint.Effect {
    guard let length = try await house.files.length(name) else { throw WireFailure.notFound("file", code: "NOT_FOUND") }
    let head = try await house.files.head(name, limit: MediaSniffer.length)
    return .answer(.stored(path: house.files.path(name), length: length, mediaType: MediaSniffer.mediaType(head)))
  }
}
