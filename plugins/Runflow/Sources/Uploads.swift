// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
public import ImgtoolCore

/// A file that Runflow keeps, and the reference by which requests name it.
public struct RunflowAsset: Sendable, Hashable {
  public let id: String
  public let bytes: ByteCount?
  public let mediaType: String?

  /// "runflow://assets/<id>": lasting, unlike the signed addresses of records.
  public var reference: String { "runflow://assets/\(id)" }
}

extension RunflowClient {
  /// The most an upload may hold: 50 MiB.
  public static let largestUpload = ByteCount(52_428_800)

  /// The most pictures of one zip.
  ///
  /// The service names no number; this is what the local server takes.
  public static let largestZip = 100

  /// Uploads a file in the three steps of the API: session, bytes, confirmation.
  ///
  /// The bytes go to the storage the service names, never with the key; an expired session is begun anew once.
  ///
  /// - Throws: `.limit` for a file beyond 50 MiB, before anything is sent; otherwise as the service refuses.
  public func upload(_ bytes: ImageBytes, size: ByteCount, name: String, mediaType: String) async throws(ImgtoolError)
    -> RunflowAsset
  {
    guard (1...Self.largestUpload.bytes).contains(size.bytes) else {
      throw ImgtoolError(.limit, "Runflow takes uploads of 1 byte to \(Self.largestUpload), not \(size).")
    }
    let order: JSONValue = [
      "filename": .text(Self.safeName(name)), "mime_type": .text(mediaType), "size_bytes": .integer(size.bytes),
    ]
    for isLast in [false, true] {
      let session = try await json(.post, "/v1/asset-uploads", body: order.bytes)
      guard let id = session["asset_id"]?.text, RunflowConfiguration.isToken(id),
        let target = session["upload_url"]?.text.flatMap(WebAddress.init)
      else { throw ImgtoolError(.backend, "Runflow gave an upload session without an address.") }
      guard target.isSecure || (configuration.base.isLoopback && target.isLoopback) else {
        throw ImgtoolError(.backend, "Runflow names an upload address that is not https: nothing was sent.")
      }
      let answer = try await put(bytes, size, mediaType, to: target)
      if answer.status.code == 403, !isLast { continue }
      guard answer.isSuccess else {
        throw ImgtoolError(
          .backend, "The storage refuses the upload (\(answer.status.code)).", retry: .later,
          context: ["status": String(answer.status.code)])
      }
      return try Self.asset(
        try await json(.post, "/v1/asset-uploads/\(id)/confirmations", body: Array("{}".utf8)), id: id, size: size)
    }
    throw ImgtoolError(.backend, "Runflow's upload sessions expire before they can be used.", retry: .later)
  }

  /// Reads the record of an asset.
  public func asset(_ id: String) async throws(ImgtoolError) -> RunflowAsset {
    guard RunflowConfiguration.isToken(id) else { throw ImgtoolError(.usage, "An asset is named by its id.") }
    return try Self.asset(try await json(.get, "/v1/assets/\(id)"), id: id, size: nil)
  }

  private func put(_ bytes: ImageBytes, _ size: ByteCount, _ mediaType: String, to target: WebAddress)
    async throws(ImgtoolError) -> TransportAnswer
  {
    let body: TransportRequest.Body =
      switch bytes {
      case .file(let path): .file(path: path, bytes: size.bytes)
      case .memory(let bytes): .bytes(bytes)
      }
    let request = TransportRequest(
      .put, target, fields: [.contentType: mediaType], body: body,
      // At least 256 KiB/s, never below two minutes.
      timeout: .seconds(max(120, size.bytes / (256 << 10))), isRepeatable: true, reach: .publicOnly)
    do {
      return try await transport.send(request)
    } catch {
      throw error.error
    }
  }

  private static func asset(_ record: JSONValue, id: String, size: ByteCount?) throws(ImgtoolError) -> RunflowAsset {
    let stored = record["size_bytes"]?.integer
    if let size, let stored, stored != size.bytes {
      throw ImgtoolError(.backend, "Runflow received \(stored) bytes of \(size.bytes).", retry: .later)
    }
    return RunflowAsset(
      id: record["id"]?.text ?? id, bytes: stored.map { ByteCount($0) }, mediaType: record["mime_type"]?.text)
  }

  /// A file name without what a path or a header could stumble over, 1–100 characters.
  static func safeName(_ name: String) -> String {
    let last = name.split(separator: "/").last.map(String.init) ?? ""
    let kept = last.unicodeScalars.map { scalar -> Character in
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", ".", "-", "_": Character(scalar)
      default: "_"
      }
    }
    let text = String(kept.suffix(100).drop { $0 == "." })
    return text.isEmpty ? "image" : text
  }
}
