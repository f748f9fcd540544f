// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import Testing

@testable import RunflowServer

@Suite struct UploadTests {
  private static func session(_ client: TestClient, size: Int = 3) async throws -> (id: String, url: String) {
    let reply = try await client.post(
      "/v1/asset-uploads", ["filename": "a.png", "mime_type": "image/png", "size_bytes": JSON(size)])
    return (try #require(reply.json["asset_id"]?.text), try #require(reply.json["upload_url"]?.text))
  }

  @Test func threeStepsMakeAnAssetOfTrueSizeAndType() async throws {
    try await withServer { client in
      let picture = Pictures.png(width: 5, height: 5)
      let reply = try await client.post(
        "/v1/asset-uploads",
        ["filename": "portrait-017.jpg", "mime_type": "image/jpeg", "size_bytes": JSON(picture.count)])
      #expect(reply.status == 201)
      let id = try #require(reply.json["asset_id"]?.text)
      let put = try await client.send(
        "PUT", reply.json["upload_url"]?.text ?? "", headers: [("Content-Type", "image/jpeg")], bytes: picture)
      #expect(put.status == 200)
      #expect(put.bytes.isEmpty)
      #expect(try await client.get("/v1/assets/\(id)").status == 404)
      let asset = try await client.post("/v1/asset-uploads/\(id)/confirmations", ["folder_id": .null])
      #expect(asset.status == 201)
      #expect(asset.json["mime_type"] == "image/png")
      #expect(asset.json["size_bytes"] == JSON(picture.count))
      #expect(asset.json["name"] == "portrait-017.jpg")
      #expect(try await client.get(asset.json["url"]?.text ?? "").bytes == picture)
      #expect(try await client.get("/v1/assets").json["items"]?.items?.count == 1)
      #expect(try await client.send("DELETE", "/v1/assets/\(id)").status == 204)
      #expect(try await client.get("/v1/assets/\(id)").status == 404)
    }
  }

  @Test(
    arguments: [
      (["mime_type": "image/png", "size_bytes": 3], "filename"),
      (["filename": "", "mime_type": "image/png", "size_bytes": 3], "filename"),
      (["filename": "a", "mime_type": "text/html", "size_bytes": 3], "mime_type"),
      (["filename": "a", "mime_type": "image/svg+xml", "size_bytes": 3], "mime_type"),
      (["filename": "a", "mime_type": "image/png", "size_bytes": 0], "size_bytes"),
      (["filename": "a", "mime_type": "image/png", "size_bytes": 52_428_801], "size_bytes"),
      (["filename": "a", "mime_type": "image/png", "size_bytes": "3"], "size_bytes"),
    ] as [(JSON, String)])
  func aBadSessionIsA422(body: JSON, field: String) async throws {
    try await withServer { client in
      let reply = try await client.post("/v1/asset-uploads", body)
      #expect(reply.status == 422)
      #expect(reply.json["errors"]?[0]?["loc"]?[1]?.text == field)
    }
  }

  @Test func theLargestSizeIsTaken() async throws {
    try await withServer { client in _ = try await Self.session(client, size: 52_428_800) }
  }

  @Test func aURLThatExpiredOrWasChangedIsRefused() async throws {
    let setup = ServerSetup()
    try await withServer(setup) { client in
      let (_, url) = try await Self.session(client)
      let type = [("Content-Type", "image/png")]
      #expect(try await client.send("PUT", url + "0", headers: type, bytes: [1, 2, 3]).status == 403)
      #expect(
        try await client.send(
          "PUT", url.replacing("Expires=900", with: "Expires=901"), headers: type, bytes: [1, 2, 3]
        ).status == 403)
      #expect(try await client.send("GET", url).status == 405)
      setup.time.advance(seconds: 901)
      let late = try await client.send("PUT", url, headers: type, bytes: [1, 2, 3])
      #expect(late.status == 403)
      #expect(late.code == "URL_EXPIRED")
    }
  }

  @Test func onlyTheAnnouncedBytesAndTypeAreTaken() async throws {
    try await withServer { client in
      let (id, url) = try await Self.session(client)
      #expect(
        try await client.send("PUT", url, headers: [("Content-Type", "image/jpeg")], bytes: [1, 2, 3]).status == 403)
      #expect(try await client.send("PUT", url, headers: [("Content-Type", "image/png")], bytes: [1, 2]).status == 400)
      #expect(
        try await client.send("PUT", url, headers: [("Content-Type", "image/png")], bytes: [1, 2, 3, 4]).status == 400)
      let missing = try await client.post("/v1/asset-uploads/\(id)/confirmations")
      #expect(missing.status == 422)
      #expect(missing.json["errors"]?[0]?["type"] == "upload_missing")
    }
  }

  @Test func outputURLsExpireAndAReadMintsFreshOnes() async throws {
    let setup = ServerSetup()
    try await withServer(setup) { client in
      let made = try await client.post(resizeRuns, client.order(try await client.upload([1])))
      let id = made.json["id"]?.text ?? ""
      let url = try await client.finished(id)["output"]?["outputs"]?[0]?["url"]?.text ?? ""
      #expect(try await client.get(url).status == 200)
      setup.time.advance(seconds: 259_300)
      #expect(try await client.get(url).status == 403)
      let fresh = try await client.get("/v1/runs/\(id)?add_signature=true").json
      #expect(try await client.get(fresh["output"]?["outputs"]?[0]?["url"]?.text ?? "").status == 200)
    }
  }

  @Test func rangesOfAResultAreServed() async throws {
    try await withServer { client in
      let picture = Pictures.png(width: 8, height: 8)
      let made = try await client.post(resizeRuns, client.order(try await client.upload(picture)))
      let url = made.json["input"]?["image_url"]?.text ?? ""
      let part = try await client.send("GET", url, headers: [("Range", "bytes=8-15")])
      #expect(part.status == 206)
      #expect(part.bytes == Array(picture[8..<16]))
      #expect(part.header("Content-Range") == "bytes 8-15/\(picture.count)")
      #expect(try await client.send("GET", url, headers: [("Range", "bytes=99999-")]).status == 416)
      let head = try await client.send("HEAD", url)
      #expect(head.bytes.isEmpty)
      #expect(head.header("Content-Length") == String(picture.count))
    }
  }

  @Test(
    arguments: [
      ("bytes=0-0", .part(0...0)), ("bytes=5-", .part(5...9)), ("bytes=-3", .part(7...9)), ("bytes=-99", .part(0...9)),
      ("bytes=9-99", .part(9...9)), ("bytes=10-", .outside), ("bytes=-0", .outside), ("bytes=5-4", .whole),
      ("bytes=0-1,3-4", .whole), ("lines=0-1", .whole), ("bytes=x-1", .whole), ("bytes=-", .whole),
    ] as [(String, ByteSpan)])
  func rangeHeadersAreReadAsTheRFCSays(header: String, span: ByteSpan) {
    #expect(ByteSpan.read(header, length: 10) == span)
  }
}
