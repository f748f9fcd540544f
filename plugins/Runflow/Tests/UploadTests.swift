// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import ImgtoolCore
import ImgtoolTesting
import Synchronization
import Testing

@testable import RunflowBackend

@Suite struct UploadTests {
  let key = Secret("rf_live_CANARY0123456789")

  func upload(_ script: @escaping ScriptedTransport.Script, base: String = "https://api.runflow.io") async throws -> (
    Result<RunflowAsset, ImgtoolError>, [TransportRequest]
  ) {
    let transport = ScriptedTransport(script)
    let client = RunflowClient(try RunflowConfiguration(base: base, key: key), over: transport)
    do {
      let asset = try await client.upload(
        .memory([1, 2, 3]), size: ByteCount(3), name: "../päth/a b.jpg", mediaType: "image/jpeg")
      return (.success(asset), transport.requests)
    } catch {
      return (.failure(error), transport.requests)
    }
  }

  func session(_ url: String) -> TransportAnswer {
    .json(#"{"asset_id":"a1","upload_url":"\#(url)"}"#, status: 201)
  }

  @Test func threeStepsInOrderAndTheKeyNotToTheStorage() async throws {
    let (result, requests) = try await upload { request in
      switch request.method {
      case .put: .bytes([])
      default:
        request.address.path == "/v1/asset-uploads"
          ? self.session("https://files.test/u?X-Amz-Signature=s")
          : .json(#"{"id":"a1","size_bytes":3,"mime_type":"image/jpeg"}"#, status: 201)
      }
    }
    #expect(try result.get().reference == "runflow://assets/a1")
    #expect(
      requests.map(\.address.path) == [
        "/v1/asset-uploads", "/u?X-Amz-Signature=s", "/v1/asset-uploads/a1/confirmations",
      ])
    #expect(requests[1].fields[.authorization] == nil && requests[1].reach == .publicOnly)
    #expect(requests[1].fields[.contentType] == "image/jpeg" && requests[1].body == .bytes([1, 2, 3]))
    guard case .bytes(let order) = requests[0].body else { return }
    #expect(
      String(decoding: order, as: UTF8.self)
        == #"{"filename":"a_b.jpg","mime_type":"image/jpeg","size_bytes":3}"#)
  }

  @Test func anExpiredSessionIsBegunAnewOnce() async throws {
    let puts = Mutex(0)
    let (result, requests) = try await upload { request in
      if request.method == .put {
        return .bytes(
          [],
          status: puts.withLock {
            $0 += 1; return $0
          } == 1 ? 403 : 200)
      }
      return request.address.path == "/v1/asset-uploads"
        ? self.session("https://files.test/u") : .json("{}", status: 201)
    }
    #expect((try? result.get()) != nil && requests.count == 5)
    let (failed, _) = try await upload { $0.method == .put ? .bytes([], status: 403) : self.session("https://f.test/") }
    #expect(throws: ImgtoolError.self) { try failed.get() }
  }

  @Test(arguments: ["http://files.test/u", "file:///etc/passwd", "", "https://user@files.test/"])
  func anUploadAddressThatIsNotHTTPSGetsNothing(_ address: String) async throws {
    let (result, requests) = try await upload { _ in self.session(address) }
    #expect(throws: ImgtoolError.self) { try result.get() }
    #expect(requests.count == 1)
  }

  @Test func aLocalServiceMayUsePlainHTTPOnThisMachine() async throws {
    let (result, _) = try await upload(
      { $0.method == .put ? .bytes([]) : self.session("http://127.0.0.1:8787/u") }, base: "http://127.0.0.1:8787")
    #expect((try? result.get()) != nil)
  }

  @Test func aShorterReceiptIsNoticed() async throws {
    let (result, _) = try await upload { request in
      if request.method == .put { return .bytes([]) }
      return request.address.path == "/v1/asset-uploads"
        ? self.session("https://files.test/u") : .json(#"{"id":"a1","size_bytes":2}"#, status: 201)
    }
    #expect(throws: ImgtoolError.self) { try result.get() }
  }

  @Test(arguments: [0, 52_428_801])
  func aSizeOutOfRangeSendsNothing(_ size: Int) async throws {
    let transport = ScriptedTransport(answers: [])
    let client = RunflowClient(try RunflowConfiguration(key: key), over: transport)
    await #expect {
      try await client.upload(.memory([]), size: ByteCount(size), name: "a", mediaType: "image/png")
    } throws: { ($0 as? ImgtoolError)?.kind == .limit }
    #expect(transport.requests.isEmpty)
  }
}
