// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import ImgtoolCore
import Logging
import NIOCore

/// Every request goes through here: route, key, fault, body, idempotency, handler, envelope.
struct WireResponder: HTTPResponder {
  let house: House
  let endpoints: [Endpoint]
  private let keyring: Keyring
  private let inFlight = InFlight()

  init(house: House, endpoints: [Endpoint]) {
    self.house = house
    self.endpoints = endpoints
    keyring = Keyring(house.configuration.keys)
  }

  func respond(to request: Request, context: CallContext) async throws -> Response {
    let path = request.uri.path
    let method = request.method == .head ? .get : request.method
    var play: FaultPlay?
    var answer: Answer
    do {
      let segments = try Self.segments(path)
      let (endpoint, parts) = try route(method, segments, request.headers)
      if let rule = endpoint.id == "faults" ? nil : house.faults?.take(endpoint.id, path: path) {
        play = FaultPlay(
          rule: rule, signer: house.signer, sleep: house.surroundings.sleep, channel: context.channel)
      }
      if let early = try await play?.before() {
        answer = early
      } else {
        answer = try await handle(request, endpoint, parts, fault: play?.rule)
      }
      if let play { answer = try await play.after(answer) }
    } catch let failure as WireFailure {
      answer = failure.answer
    } catch is FaultPlay.Gone {
      return Response(status: .internalServerError)
    } catch let error as ImgtoolError {
      context.logger.error("A request failed.", metadata: ["kind": "\(error.kind.rawValue)"])
      answer = Self.failure(for: error).answer
    } catch {
      context.logger.error("A request failed.", metadata: ["error": "\(type(of: error))"])
      answer = WireFailure(500, "INTERNAL_ERROR", "The server failed.").answer
    }
    return try await response(answer, to: request, context: context, play: play)
  }

  /// The decoded segments of a path.
  ///
  /// - Throws: 400 for broken escapes and for segments that try to climb.
  private static func segments(_ path: String) throws(WireFailure) -> [String] {
    var segments: [String] = []
    for part in path.split(separator: "/", omittingEmptySubsequences: true) {
      guard let segment = Query.decode(part), segment != ".", segment != "..", !segment.contains("/"),
        !segment.contains("\\"), !segment.utf8.contains(0)
      else { throw WireFailure(400, "BAD_REQUEST", "The path is malformed.") }
      segments.append(segment)
    }
    return segments
  }

  /// - Throws: 404, 405; 401 for both under `/v1` without a good key.
  private func route(_ method: HTTPRequest.Method, _ segments: [String], _ headers: HTTPFields) throws(WireFailure)
    -> (Endpoint, [String: String])
  {
    var others: [HTTPRequest.Method] = []
    for endpoint in endpoints {
      guard let parts = endpoint.match(segments) else { continue }
      if endpoint.method == method { return (endpoint, parts) }
      if !others.contains(endpoint.method) { others.append(endpoint.method) }
    }
    if segments.first == "v1" { _ = try keyring.caller(headers) }
    guard others.isEmpty else {
      var failure = WireFailure(405, "METHOD_NOT_ALLOWED", "The path has no such method.")
      failure.allows = others + (others.contains(.get) ? [.head] : [])
      throw failure
    }
    throw WireFailure(404, "NOT_FOUND", "There is no such path.")
  }

  private func handle(_ request: Request, _ endpoint: Endpoint, _ parts: [String: String], fault: FaultRule?)
    async throws -> Answer
  {
    let caller = try caller(request, endpoint)
    var query = Query.read(request.uri.query ?? "")
    if fault?.action == .ignoreFilter { query["q"] = nil }
    let body = endpoint.streams ? [] : try await collect(request)
    let call = Call(
      method: request.method, path: request.uri.path, headers: request.headers, parts: parts, query: query,
      caller: caller, body: body, stream: request.body,
      requestID: "req-" + Hex.text(withUnsafeBytes(of: house.surroundings.random().bigEndian) { Array($0) }))
    guard endpoint.method == .post, endpoint.access != .open, let name = HTTPField.Name("Idempotency-Key"),
      let text = request.headers[name], !text.isEmpty
    else { return try await carryOut(endpoint, call, key: nil) }
    guard text.utf8.count <= 255 else {
      throw .invalid(["header", "Idempotency-Key"], "at most 255 bytes are allowed", type: "too_long") as WireFailure
    }
    let key = IdempotencyKey(
      organisation: call.organisation, method: request.method.rawValue, path: request.uri.path, key: text)
    await inFlight.enter(key)
    do {
      let answer = try await carryOut(endpoint, call, key: key)
      await inFlight.leave(key)
      return answer
    } catch {
      await inFlight.leave(key)
      throw error
    }
  }

  private func caller(_ request: Request, _ endpoint: Endpoint) throws(WireFailure) -> Call.Caller {
    switch endpoint.access {
    case .open: return Call.Caller(organisation: "", isService: false)
    case .signed:
      switch house.signer.verdict(
        request.method.rawValue, request.uri.path, Query.read(request.uri.query ?? ""))
      {
      case .valid: return Call.Caller(organisation: "", isService: false)
      case .expired: throw WireFailure(403, "URL_EXPIRED", "The URL has expired.")
      case .forged: throw WireFailure(403, "URL_SIGNATURE", "The URL is not signed by this server.")
      }
    case .key, .service:
      let caller = try keyring.caller(request.headers)
      guard caller.isService == (endpoint.access == .service) else {
        throw WireFailure(403, "PERMISSION_DENIED", "This kind of key may not do that.")
      }
      return caller
    }
  }

  private func collect(_ request: Request) async throws -> [UInt8] {
    let limit = house.configuration.limits.bodyBytes
    let tooLarge = WireFailure(413, "PAYLOAD_TOO_LARGE", "The body is larger than \(limit).")
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit.bytes { throw tooLarge }
    var bytes: [UInt8] = []
    for try await piece in request.body {
      guard bytes.count + piece.readableBytes <= limit.bytes else { throw tooLarge }
      bytes.append(contentsOf: piece.readableBytesView)
    }
    return bytes
  }

  /// Looks for an earlier answer, prepares the change, makes it durable together with its answer.
  private func carryOut(_ endpoint: Endpoint, _ call: Call, key: IdempotencyKey?) async throws -> Answer {
    let now = house.surroundings.now()
    if let key, let earlier = try await house.store.read({ db in try key.answer(for: call.body, now: now, in: db) }) {
      return replayed(earlier)
    }
    if endpoint.method == .post, house.isDraining {
      throw WireFailure(503, "SHUTTING_DOWN", "The server is stopping; try again later.")
    }
    switch try await endpoint.handle(call) {
    case .answer(let answer): return answer
    case .change(let change, let after):
      let answer = try await house.store.write { db in
        if let key, let earlier = try key.answer(for: call.body, now: now, in: db) { return earlier }
        let answer = try change(db)
        if let key, (200..<300).contains(answer.status) { try key.keep(answer, for: call.body, now: now, in: db) }
        return answer
      }
      await after()
      return answer
    }
  }

  /// An earlier answer as it is given again: the same but for addresses that may have expired since.
  private func replayed(_ answer: Answer) -> Answer {
    guard case .bytes(let bytes) = answer.body, let json = try? JSONReader.read(bytes) else { return answer }
    return Answer(status: answer.status, headers: answer.headers, body: .bytes(house.signer.again(json).bytes))
  }

  private static func failure(for error: ImgtoolError) -> WireFailure {
    switch error.kind {
    case .storage, .fault: WireFailure(500, "INTERNAL_ERROR", "The server failed.")
    case .input, .usage, .limit: .invalid(["body"], error.message, type: error.kind.rawValue)
    default: WireFailure(error.kind.httpStatus, error.kind.rawValue.uppercased(), error.message)
    }
  }

  private func response(_ answer: Answer, to request: Request, context: CallContext, play: FaultPlay?) async throws
    -> Response
  {
    let status = HTTPResponse.Status(code: answer.status)
    switch answer.body {
    case .none: return Response(status: status, headers: answer.headers)
    case .bytes(let bytes):
      let body = play?.body(bytes) ?? ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
      return shown(Response(status: status, headers: answer.headers, body: body), length: bytes.count, to: request)
    case .file(let path, let length):
      if let play, [.cut, .stall, .slow].contains(play.rule.action) {
        let bytes = try await house.files.readOutside(path, limit: .max)
        return Response(status: status, headers: answer.headers, body: play.body(bytes) ?? ResponseBody())
      }
      return try await file(path, length, answer, to: request, context: context)
    }
  }

  private func file(_ path: String, _ length: Int, _ answer: Answer, to request: Request, context: CallContext)
    async throws -> Response
  {
    var headers = answer.headers
    guard length > 0 else { return Response(status: .ok, headers: headers) }
    switch ByteSpan.read(request.headers[.range], length: length) {
    case .whole:
      let body = try await FileIO().loadFile(path: path, context: context)
      return shown(Response(status: .ok, headers: headers, body: body), length: length, to: request)
    case .part(let range):
      headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound)/\(length)"
      let body = try await FileIO().loadFile(path: path, range: range, context: context)
      return shown(Response(status: .partialContent, headers: headers, body: body), length: range.count, to: request)
    case .outside:
      headers[.contentRange] = "bytes */\(length)"
      return Response(status: .rangeNotSatisfiable, headers: headers)
    }
  }

  /// HEAD shows the head of the answer and its length alone.
  private func shown(_ response: Response, length: Int, to request: Request) -> Response {
    guard request.method == .head else { return response }
    var headers = response.headers
    headers[.contentLength] = String(length)
    return Response(
      status: response.status, headers: headers, body: ResponseBody(contentLength: length) { try await $0.finish(nil) })
  }
}
