// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
package import ImgtoolCore
import NIOCore
import NIOHTTP1

/// Fetches inputs and posts callbacks, through the gate only: the address that was checked is the one connected to.
package struct WebClient: Sendable {
  private let gate: NetworkGate

  package init(gate: NetworkGate) { self.gate = gate }

  /// Redirects followed, each through the gate again.
  static let maximumRedirects = 3

  /// The body behind a URL.
  ///
  /// - Throws: `.input` for what cannot be had, `.limit` over `limit`, `.timeout` after `time` in all.
  package func fetch(_ text: String, limit: ByteCount, time: Duration) async throws -> [UInt8] {
    try await Deadline.within(time) {
      var address = try Self.read(text)
      for _ in 0...Self.maximumRedirects {
        switch try await step(address, limit: limit, time: time) {
        case .body(let bytes): return bytes
        case .redirect(let location):
          do {
            address = try address.following(location)
          } catch {
            throw ImgtoolError(.input, "The URL redirects to something that is not allowed.")
          }
        }
      }
      throw ImgtoolError(.input, "The URL redirects more than \(Self.maximumRedirects) times.")
    }
  }

  private enum Step {
    case body([UInt8])
    case redirect(String)
  }

  private func step(_ address: TargetAddress, limit: ByteCount, time: Duration) async throws -> Step {
    let checked = try await gate.admit(address)
    return try await Self.connected(to: address, at: checked) { client, url in
      var request = HTTPClientRequest(url: url)
      request.headers.add(name: "Accept", value: "image/*, application/zip")
      request.headers.add(name: "Accept-Encoding", value: "identity")
      let response: HTTPClientResponse
      do {
        response = try await client.execute(request, timeout: Self.amount(time))
      } catch let error as CancellationError {
        throw error
      } catch {
        throw ImgtoolError(.input, "The input could not be fetched.", retry: .later, underlying: Self.name(error))
      }
      let status = response.status.code
      if (300..<400).contains(status) {
        guard let location = response.headers.first(name: "Location") else {
          throw ImgtoolError(.input, "The input's URL answers \(status) without a place to go.")
        }
        return .redirect(location)
      }
      guard status == 200 else { throw ImgtoolError(.input, "The input's URL answers \(status).") }
      return .body(try await Self.collect(response, limit: limit))
    }
  }

  private static func collect(_ response: HTTPClientResponse, limit: ByteCount) async throws -> [UInt8] {
    let tooLarge = ImgtoolError(.limit, "The input is larger than \(limit).")
    let announced = response.headers.first(name: "Content-Length").flatMap { Int($0) }
    if let announced, announced > limit.bytes { throw tooLarge }
    var bytes: [UInt8] = []
    do {
      for try await piece in response.body {
        guard bytes.count + piece.readableBytes <= limit.bytes else { throw tooLarge }
        bytes.append(contentsOf: piece.readableBytesView)
      }
    } catch let error as ImgtoolError {
      throw error
    } catch let error as CancellationError {
      throw error
    } catch {
      throw ImgtoolError(.input, "The input broke off.", retry: .later, underlying: name(error))
    }
    if let announced, announced != bytes.count { throw ImgtoolError(.input, "The input broke off.", retry: .later) }
    return bytes
  }

  /// What a receiver of a callback said: its status and the beginning of its answer.
  package struct Reply: Sendable, Hashable {
    package let status: Int
    package let body: String
  }

  /// Posts bytes; redirects are not followed, and at most 4 KiB of the answer are read.
  ///
  /// - Throws: `.input` for a URL that is not allowed, `.backend` for a network failure, `.timeout`.
  package func post(_ body: [UInt8], to text: String, headers: [(String, String)], time: Duration) async throws -> Reply
  {
    try await Deadline.within(time) {
      let address = try Self.read(text)
      let checked = try await gate.admit(address)
      return try await Self.connected(to: address, at: checked) { client, url in
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.body = .bytes(ByteBuffer(bytes: body))
        do {
          let response = try await client.execute(request, timeout: Self.amount(time))
          var begin: [UInt8] = []
          for try await piece in response.body {
            begin.append(contentsOf: piece.readableBytesView.prefix(4096 - begin.count))
            if begin.count >= 4096 { break }
          }
          return Reply(status: Int(response.status.code), body: String(decoding: begin, as: UTF8.self))
        } catch let error as CancellationError {
          throw error
        } catch {
          throw ImgtoolError(.backend, "The receiver did not answer.", retry: .later, underlying: Self.name(error))
        }
      }
    }
  }

  private static func read(_ text: String) throws(ImgtoolError) -> TargetAddress {
    do {
      return try TargetAddress(text)
    } catch {
      throw ImgtoolError(.input, "The URL is not allowed.")
    }
  }

  /// A client of its own for one connection: no redirects, no decompression, no proxy, and the name bound to one address.
  private static func connected<Value: Sendable>(
    to address: TargetAddress, at checked: IPAddress, _ body: (HTTPClient, String) async throws -> Value
  ) async throws -> Value {
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .disallow
    configuration.decompression = .disabled
    configuration.timeout.connect = .seconds(10)
    configuration.httpVersion = .http1Only
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.dnsOverride = [address.host: "\(checked)"]
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    do {
      let value = try await body(client, address.text)
      try await client.shutdown()
      return value
    } catch {
      try await client.shutdown()
      throw error
    }
  }

  private static func amount(_ time: Duration) -> TimeAmount {
    .nanoseconds(time.components.seconds * 1_000_000_000 + time.components.attoseconds / 1_000_000_000)
  }

  /// The kind of an error without what it may quote.
  private static func name(_ error: any Error) -> String {
    (error as? HTTPClientError)?.shortDescription ?? String(describing: type(of: error))
  }
}

/// Ends work that takes too long.
enum Deadline {
  /// - Throws: `.timeout`, and whatever the work throws.
  static func within<Value: Sendable>(_ time: Duration, _ work: @escaping @Sendable () async throws -> Value)
    async throws -> Value
  {
    try await withThrowingTaskGroup(of: Value.self) { group in
      group.addTask(operation: work)
      group.addTask {
        try await Task.sleep(for: time)
        throw ImgtoolError(.timeout, "The network took longer than \(time.components.seconds) s.", retry: .later)
      }
      defer { group.cancelAll() }
      guard let value = try await group.next() else { throw CancellationError() }
      return value
    }
  }
}
