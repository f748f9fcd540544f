// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Synchronization

/// A server on 127.0.0.1 that speaks as much HTTP/1.1 as a test needs, and misbehaves on request.
final class LoopbackServer: Sendable {
  struct Request: Sendable {
    let method: String
    let path: String
    let fields: [String: String]
    let body: [UInt8]
    /// Which connection it came on, from 0.
    let connection: Int

    var text: String { String(decoding: body, as: UTF8.self) }
  }

  enum Reply: Sendable {
    /// A whole answer; the connection stays open.
    case answer(Int, [UInt8], [String: String] = [:])
    /// These bytes as they are, then the end of the connection.
    case raw([UInt8])
    /// The end of the connection without a byte.
    case close
    /// The same with a reset.
    case reset
    /// Nothing, for as long as the server lives.
    case stall
    /// These bytes as they are, then nothing.
    case drip([UInt8])

    static func json(_ text: String, status: Int = 200) -> Reply {
      .answer(status, Array(text.utf8), ["Content-Type": "application/json"])
    }
  }

  private struct Memory {
    var requests: [Request] = []
    var connections = 0
    var isOver = false
    var open: [Int32] = []
  }

  let port: Int
  private let listener: Int32
  private let memory = Mutex(Memory())
  private let handler: @Sendable (Request) -> Reply

  init(_ handler: @escaping @Sendable (Request) -> Reply) throws {
    self.handler = handler
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    var bound = address
    var length = size
    let listener = listener
    let isReady = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, size) }
    }
    _ = withUnsafeMutablePointer(to: &bound) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &length) }
    }
    port = Int(UInt16(bigEndian: bound.sin_port))
    guard isReady == 0, listen(listener, 64) == 0 else { throw POSIXError(.EADDRINUSE) }
    // The thread that accepts is the one that closes: a number closed elsewhere could by then be another's socket.
    Thread.detachNewThread { [weak self] in
      defer { close(listener) }
      while true {
        let connection = accept(listener, nil, nil)
        let isOver = self?.memory.withLock { $0.isOver } ?? true
        if isOver {
          if connection >= 0 { close(connection) }
          return
        }
        if connection >= 0 { self?.take(connection) } else { sched_yield() }
      }
    }
  }

  func stop() {
    let isFirst = memory.withLock { memory in
      defer { memory.isOver = true }
      for connection in memory.open { shutdown(connection, Int32(SHUT_RDWR)) }
      return !memory.isOver
    }
    if isFirst { shutdown(listener, Int32(SHUT_RDWR)) }
  }

  deinit { stop() }

  var base: String { "http://127.0.0.1:\(port)" }
  var requests: [Request] { memory.withLock { $0.requests } }
  var connections: Int { memory.withLock { $0.connections } }

  private func take(_ connection: Int32) {
    let number = memory.withLock { memory in
      memory.connections += 1
      memory.open.append(connection)
      return memory.connections - 1
    }
    Thread.detachNewThread { [weak self] in
      var rest: [UInt8] = []
      while let self, let request = Self.read(connection, number, &rest) {
        self.memory.withLock { $0.requests.append(request) }
        guard Self.write(self.handler(request), to: connection) else { break }
      }
      self?.memory.withLock { $0.open.removeAll { $0 == connection } }
      Glibc.close(connection)
    }
  }

  private static func read(_ connection: Int32, _ number: Int, _ rest: inout [UInt8]) -> Request? {
    func more() -> Bool {
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      let count = recv(connection, &buffer, buffer.count, 0)
      if count > 0 { rest += buffer[..<count] }
      return count > 0
    }
    var end: Range<Int>?
    while end == nil {
      end = rest.firstRange(of: Array("\r\n\r\n".utf8))
      if end == nil, !more() { return nil }
    }
    guard let end else { return nil }
    let lines = String(decoding: rest[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
    let first = (lines.first ?? "").split(separator: " ")
    guard first.count == 3 else { return nil }
    var fields: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 { fields[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces) }
    }
    rest.removeFirst(end.upperBound)
    let length = Int(fields["content-length"] ?? "0") ?? 0
    while rest.count < length { if !more() { return nil } }
    let body = Array(rest.prefix(length))
    rest.removeFirst(length)
    return Request(
      method: String(first[0]), path: String(first[1]), fields: fields, body: body, connection: number)
  }

  /// - Returns: whether the connection goes on.
  private static func write(_ reply: Reply, to connection: Int32) -> Bool {
    func all(_ bytes: [UInt8]) {
      var sent = 0
      while sent < bytes.count {
        let count = bytes[sent...].withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        if count <= 0 { return }
        sent += count
      }
    }
    /// Until the other side gives up.
    func wait() {
      var byte: UInt8 = 0
      _ = recv(connection, &byte, 1, 0)
    }
    switch reply {
    case .answer(let status, let body, let fields):
      var head = "HTTP/1.1 \(status) Whatever\r\nContent-Length: \(body.count)\r\n"
      for (name, value) in fields { head += "\(name): \(value)\r\n" }
      all(Array((head + "\r\n").utf8) + body)
      return true
    case .raw(let bytes): all(bytes)
    case .close: break
    case .reset:
      var linger = linger(l_onoff: 1, l_linger: 0)
      setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    case .stall: wait()
    case .drip(let bytes):
      all(bytes)
      wait()
    }
    return false
  }
}
