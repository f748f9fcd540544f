// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import ImgtoolCore
import ImgtoolRuntime

/// `imgtool serve --echo` as a process of its own, whose workers can be kept busy.
actor ServedRunflow {
  nonisolated let base: String
  private let process = Process()
  private let transport = HTTPTransport(allowsLoopback: true)
  /// The runs that keep both workers busy.
  private var plugs: [String] = []

  init(_ program: String, data: String) async throws {
    let log = data + ".log"
    try Data().write(to: URL(fileURLWithPath: log))
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = ["serve", "--echo", "--faults", "--port", "0", "--data", data]
    process.standardError = FileHandle(forWritingAtPath: log)
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    var address: Substring?
    while address == nil, process.isRunning {
      try await Task.sleep(for: .milliseconds(20))
      let text = try String(contentsOfFile: log, encoding: .utf8)
      address = text.firstMatch(of: /serving (http:[^;\s]+)/)?.1
    }
    guard let address else { throw ImgtoolError(.usage, "\(program) serve does not start; see --imgtool.") }
    base = String(address)
  }

  func stop() {
    process.terminate()
    process.waitUntilExit()
  }

  /// Gives each worker a run that does not end.
  func plug() async throws {
    _ = try await call(.put, "/_faults", #"[{"on":"run","do":"hold","match":"smart-resize","times":2}]"#)
    let order =
      #"{"input":{"image_url":"data:image/gif;base64,R0lGODlhAQABAAAAACw=","aspect_ratio":"1:1","resolution":"1K"}}"#
    for _ in 0..<2 {
      let answer = try await call(.post, "/v1/models/runflow/smart-resize/runs", order)
      guard let id = String(decoding: answer, as: UTF8.self).firstMatch(of: /"id":"([0-9a-f-]+)"/)?.1 else {
        throw ImgtoolError(.backend, "The server makes no run: \(String(decoding: answer, as: UTF8.self))")
      }
      plugs.append(String(id))
    }
  }

  /// Ends those runs: the workers go on to the others.
  func unplug() async throws {
    for id in plugs { _ = try await call(.post, "/v1/admin/runs/\(id)/cancellation", "{}", key: "rf_svc_bench") }
  }

  private func call(_ method: HTTPRequest.Method, _ path: String, _ body: String, key: String = "rf_live_bench")
    async throws -> [UInt8]
  {
    guard let address = WebAddress(base + path) else { throw ImgtoolError(.fault, "\(path) is no path.") }
    let fields: HTTPFields = [.authorization: "Bearer \(key)", .contentType: "application/json"]
    return try await transport.send(
      TransportRequest(method, address, fields: fields, body: .bytes(Array(body.utf8)))
    ).body
  }
}
