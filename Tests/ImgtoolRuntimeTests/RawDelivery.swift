// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// One request to 127.0.0.1, written by hand (RFC 9112), so that it can be what no client would send.
struct RawDelivery: Sendable {
  var method = "POST"
  var path = "/callbacks/runflow"
  /// Lines of the header besides the length.
  var fields: [String] = []
  var body: [UInt8]
  /// Bytes sent at a time.
  var step = Int.max
  /// How much of the body is sent before nothing more comes; all of it where nothing is given.
  var breaksAfter: Int?

  /// Sends it on a connection of its own.
  ///
  /// - Returns: the status answered; nothing where none came.
  func status(port: Int) async -> Int? {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { continuation.resume(returning: answered(port)) }
    }
  }

  private func answered(_ port: Int) -> Int? {
    let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(connection) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    address.sin_port = UInt16(port).bigEndian
    let isOpen = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isOpen else { return nil }
    var soon: Int32 = 1
    setsockopt(connection, Int32(IPPROTO_TCP), TCP_NODELAY, &soon, socklen_t(MemoryLayout<Int32>.size))
    let lines = ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1", "Connection: close", "Content-Length: \(body.count)"]
    send(Array(((lines + fields).joined(separator: "\r\n") + "\r\n\r\n").utf8)[...], on: connection)
    var rest = body.prefix(breaksAfter ?? body.count)
    while !rest.isEmpty {
      guard send(rest.prefix(step), on: connection) else { break }
      rest = rest.dropFirst(step)
    }
    if breaksAfter != nil { shutdown(connection, Int32(SHUT_WR)) }
    // To the end of the connection: whoever is not waited for may still be on its way in when the listener ends.
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1024)
    while true {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { break }
      answer += buffer.prefix(count)
    }
    return String(decoding: answer, as: UTF8.self).split(separator: " ", maxSplits: 2).dropFirst().first.flatMap {
      Int($0)
    }
  }

  @discardableResult
  private func send(_ bytes: ArraySlice<UInt8>, on connection: Int32) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      // Whoever has answered already may have stopped reading.
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}
