// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import ImgtoolCore
import ImgtoolTesting
import Testing

@testable import RunflowBackend

@Suite struct InlinePictureTests {
  /// An order of a picture over a network that takes uploads in.
  func ready(
    _ picture: PreparedImage, limit: Int, verb: String = "skin-fix", values: [String: String] = [:],
    along: [String: String] = [:]
  ) async throws -> (body: JSONValue, requests: [TransportRequest]) {
    let configuration = try RunflowConfiguration(
      key: Secret("rf_live_CANARY0123456789"), largestInline: ByteCount(limit))
    let operation = try #require(
      try RunflowBackend.operations(configuration).compactMap { $0 as? RunflowOperation }.first {
        $0.name.verb == verb
      })
    let transport = ScriptedTransport { request in
      switch (request.method, request.address.path) {
      case (.put, _): .bytes([])
      case (_, "/v1/asset-uploads"): .json(#"{"asset_id":"a1","upload_url":"https://files.test/u"}"#, status: 201)
      default: .json(#"{"id":"a1"}"#, status: 201)
      }
    }
    let body = try await operation.ready(
      picture, try Parameters(values, for: operation.parameters).attaching(along), reference: RunReference(1, 2),
      over: transport)
    return (try #require(JSONValue(bytes: body)), transport.requests)
  }

  func picture(_ bytes: [UInt8], _ format: ImageFormat = .png) -> PreparedImage {
    PreparedImage(
      bytes: .memory(bytes), facts: ImageFacts(format: format, storedSize: PixelSize(clamping: 1, 1)), isOriginal: true)
  }

  @Test(arguments: [0, 1, 2, 3, 100, 65_536, 1 << 20], [ImageFormat.png, .jpeg, .webp])
  func aPictureUpToTheLimitGoesInsideTheRequestAndOneByteMoreIsUploaded(_ limit: Int, _ format: ImageFormat)
    async throws
  {
    let bytes = (0..<limit + 1).map { UInt8(truncatingIfNeeded: $0 &* 167) }
    let larger = try await ready(picture(bytes, format), limit: limit)
    #expect(larger.requests.map(\.method) == [.post, .put, .post])
    #expect(larger.body["input"]?["image_url"]?.text == "runflow://assets/a1")
    guard limit > 0 else { return }
    let inside = try await ready(picture(Array(bytes.dropLast()), format), limit: limit)
    #expect(inside.requests.isEmpty)
    let address = try #require(inside.body["input"]?["image_url"]?.text)
    let head = "data:\(format.mediaType);base64,"
    #expect(address.hasPrefix(head))
    #expect(Data(base64Encoded: String(address.dropFirst(head.count))) == Data(bytes.dropLast()))
  }

  @Test func theUsualLimitIsThatOfAThumbnailAndAMebibyteIsTheMost() throws {
    let key = Secret("rf_live_CANARY0123456789")
    #expect(try RunflowConfiguration(key: key).largestInline == ByteCount(65_536))
    #expect(try RunflowConfiguration(key: key, largestInline: ByteCount(1 << 20)).largestInline == ByteCount(1 << 20))
    for bytes in [1 << 20 + 1, .max] {
      #expect { try RunflowConfiguration(key: key, largestInline: ByteCount(bytes)) } throws: {
        ($0 as? ImgtoolError)?.kind == .usage
      }
    }
  }

  @Test func anEmptyPictureIsRefusedAndNotSentInside() async throws {
    await #expect { try await ready(picture([]), limit: 100) } throws: { ($0 as? ImgtoolError)?.kind == .limit }
  }

  @Test(arguments: [-1, 0, 1])
  func aFileThatIsNoLongerWhatWasPreparedIsNotSent(_ change: Int) async throws {
    let folder = try TestFolder()
    let path = folder.path("a.png")
    try Data(count: 500 + change).write(to: URL(fileURLWithPath: path))
    let facts = ImageFacts(format: .png, storedSize: PixelSize(clamping: 1, 1), fileBytes: ByteCount(500))
    let file = PreparedImage(bytes: .file(path: path), facts: facts, isOriginal: true)
    if change == 0 {
      let sent = try await ready(file, limit: 500).body["input"]?["image_url"]?.text
      #expect(sent == "data:image/png;base64," + Data(count: 500).base64EncodedString())
    } else {
      await #expect { try await ready(file, limit: 500) } throws: { ($0 as? ImgtoolError)?.kind == .input }
    }
    let gone = PreparedImage(bytes: .file(path: path + "x"), facts: facts, isOriginal: true)
    await #expect { try await ready(gone, limit: 500) } throws: { ($0 as? ImgtoolError)?.kind == .input }
  }

  @Test func aZipIsUploadedHoweverSmall() async throws {
    let folder = try TestFolder()
    let path = folder.path("a.zip")
    try Data(count: 30).write(to: URL(fileURLWithPath: path))
    let member = PreparedImage.Member(name: "a.png", facts: picture([1]).facts)
    let zip = try #require(PreparedImage(zip: path, byteCount: ByteCount(30), members: [member]))
    let sent = try await ready(zip, limit: 100)
    #expect(sent.requests.count == 3 && sent.body["input"]?["image_url"]?.text == "runflow://assets/a1")
  }

  @Test func whatGoesAlongIsPlacedByItsOwnSize() async throws {
    var large = picture([UInt8](repeating: 1, count: 200))
    large.attachments = ["mask_url": picture([1, 2, 3])]
    let sent = try await ready(
      large, limit: 100, verb: "object-removal", values: ["mask_url": "https://img.test/m.png"],
      along: ["mask_url": "00"])
    #expect(sent.requests.count == 3)
    #expect(sent.body["input"]?["image_url"]?.text == "runflow://assets/a1")
    #expect(sent.body["input"]?["mask_url"]?.text == "data:image/png;base64,AQID")
  }
}
