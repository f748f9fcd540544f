// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
public import ImgtoolCore

/// The Runflow API, call by call, over any transport.
///
/// Nothing is retried here: harmless requests are marked so that a transport may, the paid one never is. Answers are
/// read tolerantly and requests written strictly. The key goes to the configured origin only.
public struct RunflowClient: Sendable {
  public let configuration: RunflowConfiguration
  let transport: any Transport

  public init(_ configuration: RunflowConfiguration, over transport: any Transport) {
    self.configuration = configuration
    self.transport = KeyKeeper(transport: transport, key: configuration.key)
  }

  // MARK: the service

  /// Whether the service answers; no key is sent.
  public func isHealthy() async throws(ImgtoolError) -> Bool {
    let answer = try await send(.get, "/v1/health", isAuthorised: false)
    return answer.isSuccess
  }

  /// Whether the key is accepted.
  ///
  /// - Throws: `.credentials` when it is not.
  public func checkKey() async throws(ImgtoolError) { _ = try await json(.get, "/v1/auth/me") }

  /// The balance; nothing where the key may not read it.
  public func balance() async throws(ImgtoolError) -> Money? {
    let answer = try await send(.get, "/v1/billing/balance")
    if answer.status.code == 403 { return nil }
    let record = try Self.value(answer)
    if let amount = record["balance"]?.money { return amount }
    if let cents = record["balance_cents"]?.integer { return .cents(cents) }
    return record["balance_usd"]?.money
  }

  /// The record of a model; `id` is "owner/slug".
  package func model(_ id: String) async throws(ImgtoolError) -> JSONValue {
    try await json(.get, "/v1/models/\(try Self.path(ofModel: id))")
  }

  /// One page of the catalogue of models.
  package func models(limit: Int = 100) async throws(ImgtoolError) -> [JSONValue] {
    try await json(.get, "/v1/models?limit=\(limit)")["items"]?.array ?? []
  }

  // MARK: runs

  /// The body of the request that makes a run, byte for byte the same for equal values.
  package func runBody(input: [String: JSONValue], reference: RunReference) -> [UInt8] {
    var body: [String: JSONValue] = [
      "input": .object(input), "client_ref": .text(reference.label),
      // A callback carries the metadata and not the label: so it can settle a run whose answer was lost.
      "metadata": ["client_ref": .text(reference.label)],
    ]
    body["callback_url"] = configuration.callback.map { .text($0.absolute) }
    return JSONValue.object(body).bytes
  }

  /// Sends the paid request once.
  package func createRun(_ model: String, body: [UInt8], reference: RunReference) async -> SubmitOutcome {
    let answer: TransportAnswer
    do {
      var request = try request(.post, "/v1/models/\(try Self.path(ofModel: model))/runs", body: body)
      request.isRepeatable = false
      // A second more for each KiB: a picture inside must not be cut off on a slow line, for nobody knows then.
      request.timeout += .seconds(body.count >> 10)
      request.fields[Self.idempotencyKey] = reference.uuid
      answer = try await transport.send(request)
    } catch let failure as TransportFailure {
      return SubmitOutcome(failure)
    } catch let error as ImgtoolError {
      return .rejected(error)
    } catch {
      return .unknown("The request ended in an unexpected way.")
    }
    switch answer.status.code {
    case 200..<300:
      guard let run = JSONValue(bytes: answer.body).flatMap(RunRecord.run) else {
        return .unknown("Runflow accepted the request and named no run.")
      }
      return .accepted(run)
    case 408, 409, 425: return .unknown(ErrorEnvelope(answer).message)
    case 429: return .throttled(after: answer.retryAfter)
    case 400..<500: return .rejected(ErrorEnvelope(answer).error)
    default: return .unknown("Runflow answered \(answer.status.code): \(ErrorEnvelope(answer).message)")
    }
  }

  /// Reads one run, asking for fresh addresses of its results.
  package func run(_ id: String) async -> ReadOutcome {
    guard RunflowConfiguration.isToken(id) else { return .missing }
    do {
      var request = try request(.get, "/v1/runs/\(id)?add_signature=true")
      request.isRepeatable = false
      var answer = try await transport.send(request)
      if answer.status.code == 400 || answer.status.code == 422 {
        // The parameter is only known from official tools: without it then.
        request = try self.request(.get, "/v1/runs/\(id)")
        request.isRepeatable = false
        answer = try await transport.send(request)
      }
      switch answer.status.code {
      case 200..<300:
        guard let run = JSONValue(bytes: answer.body).flatMap(RunRecord.run), run.id == id else {
          return .unavailable("Runflow answered something else than the run.", after: nil)
        }
        return .run(run)
      case 401, 403: return .refused(ErrorEnvelope(answer).error)
      case 404: return .missing
      default: return .unavailable(ErrorEnvelope(answer).message, after: answer.retryAfter)
      }
    } catch let failure as TransportFailure {
      return .unavailable(failure.message, after: nil)
    } catch {
      return .unavailable("The run cannot be read.", after: nil)
    }
  }

  /// Looks for runs by label; the service's filter is not trusted, and a search that does not end says so.
  package func runs(labelled reference: RunReference) async -> FindOutcome {
    let filter = Self.encoded("client_ref.EQ:'\(reference.label)'")
    var query = "q=\(filter)&sort_by=created_at:desc&limit=100"
    var found: [RemoteRun] = []
    for _ in 0..<20 {
      let page: JSONValue
      do {
        var request = try request(.get, "/v1/runs?\(query)")
        request.isRepeatable = false
        let answer = try await transport.send(request)
        if answer.status.code == 401 || answer.status.code == 403 { return .refused(ErrorEnvelope(answer).error) }
        page = try Self.value(answer)
      } catch let failure as TransportFailure {
        return .inconclusive(failure.message)
      } catch {
        return .inconclusive((error as? ImgtoolError)?.message ?? "The search failed.")
      }
      guard let items = page["items"]?.array else { return .inconclusive("The search answered no list.") }
      // A record without the field says nothing about whose it is.
      guard items.allSatisfy({ $0.object?.keys.contains("client_ref") == true }) else {
        return .inconclusive("The search answered without labels.")
      }
      let ours = items.compactMap(RunRecord.run).filter { $0.label == reference.label }
      found += ours
      let isFiltered = ours.count == items.count
      guard let next = Self.cursor(page), found.isEmpty || isFiltered else { return .found(found) }
      query = "q=\(filter)&sort_by=created_at:desc&limit=100&pq=\(Self.encoded(next))"
    }
    return found.isEmpty ? .inconclusive("The search did not come to its end.") : .found(found)
  }

  /// Looks for runs among the newest of the account, 500 a page, and tells what the list says of them.
  ///
  /// No filter is asked for: it could not name many runs, and what is whose is told by the ids. The pages asked for are
  /// far fewer than the runs, and end where runs are older than any that is looked for.
  package func runs(amongNewest wanted: [RemoteRun]) async -> ListOutcome {
    var missing = Set(wanted.map(\.id))
    let oldest = wanted.map { $0.createdMilliseconds ?? 0 }.min() ?? 0
    let order = "sort_by=created_at:desc&limit=500&fields=\(Self.listed)"
    var query = order
    var found: [String: RemoteRun] = [:]
    for _ in 0...(wanted.count / 100) {
      let page: JSONValue
      do {
        var request = try request(.get, "/v1/runs?\(query)")
        request.isRepeatable = false
        let answer = try await transport.send(request)
        // Too many requests, or a service that is not well: the same would become of a request for each run.
        if answer.status.code == 429 || answer.status.code == 503 {
          return .unavailable(ErrorEnvelope(answer).message, after: answer.retryAfter)
        }
        page = try Self.value(answer)
      } catch let failure as TransportFailure where !failure.mayHaveArrived {
        return .unavailable(failure.message, after: nil)
      } catch {
        return .unsupported
      }
      guard let items = page["items"]?.array else { return .unsupported }
      // Of the others, which may be many, only the age of the last counts.
      for item in items {
        guard let id = item["id"]?.text, missing.remove(id) != nil else { continue }
        found[id] = RunRecord.run(item)
      }
      let isPast = (items.last?["created_at"]?.text.flatMap(Timestamp.milliseconds) ?? .max) < oldest
      guard !missing.isEmpty, !isPast, let next = Self.cursor(page) else { break }
      query = "\(order)&pq=\(Self.encoded(next))"
    }
    return .runs(found)
  }

  /// What a list is asked for: all that `RunRecord` reads of a run that has not failed.
  private static let listed = "id,client_ref,status_code,output,cost,created_at,duration_ms,request_id"

  /// The cursor of the next page, bare or inside an address.
  private static func cursor(_ page: JSONValue) -> String? {
    guard let next = (page["next"] ?? page["next_pq"])?.text, !next.isEmpty else { return nil }
    guard let mark = next.firstRange(of: "pq=") else { return next }
    return decoded(String(next[mark.upperBound...].prefix { $0 != "&" }))
  }

  // MARK: requests

  static let idempotencyKey = HTTPField.Name("Idempotency-Key") ?? .ifMatch
  private static let organisation = HTTPField.Name("X-Organization-Id") ?? .from

  func request(
    _ method: HTTPRequest.Method, _ path: String, body: [UInt8]? = nil, isAuthorised: Bool = true
  ) throws(ImgtoolError) -> TransportRequest {
    guard let address = configuration.base.with(path: path) else {
      throw ImgtoolError(.fault, "A request to Runflow has an address that is none.")
    }
    var fields: HTTPFields = [.accept: "application/json"]
    if isAuthorised {
      fields[.authorization] = "Bearer \(configuration.key.exposed)"
      fields[Self.organisation] = configuration.organisation
    }
    if body != nil { fields[.contentType] = "application/json" }
    return TransportRequest(
      method, address, fields: fields, body: body.map { .bytes($0) } ?? .none, isRepeatable: true)
  }

  func send(
    _ method: HTTPRequest.Method, _ path: String, body: [UInt8]? = nil, isAuthorised: Bool = true
  ) async throws(ImgtoolError) -> TransportAnswer {
    let request = try request(method, path, body: body, isAuthorised: isAuthorised)
    do {
      return try await transport.send(request)
    } catch {
      throw error.error
    }
  }

  func json(_ method: HTTPRequest.Method, _ path: String, body: [UInt8]? = nil) async throws(ImgtoolError)
    -> JSONValue
  {
    try Self.value(try await send(method, path, body: body))
  }

  /// The value of an answer that succeeded.
  ///
  /// - Throws: the refusal as the project's error, `.backend` for what is no JSON.
  static func value(_ answer: TransportAnswer) throws(ImgtoolError) -> JSONValue {
    guard answer.isSuccess else { throw ErrorEnvelope(answer).error }
    guard let value = JSONValue(bytes: answer.body) else {
      throw ImgtoolError(.backend, "Runflow answered something else than JSON.", retry: .later)
    }
    return value
  }

  /// The path of a model, each segment checked and encoded.
  ///
  /// - Throws: `.usage` for fewer than two segments, or one that is empty, "." or "..".
  static func path(ofModel id: String) throws(ImgtoolError) -> String {
    let segments = id.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard segments.count >= 2, !segments.contains(where: { ["", ".", ".."].contains($0) }) else {
      throw ImgtoolError(.usage, "\(ErrorEnvelope.clean(id)) is no model: owner/name is expected.")
    }
    return segments.map(encoded).joined(separator: "/")
  }

  /// Everything but the unreserved characters percent-encoded (RFC 3986 §2.3).
  static func encoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case 48...57, 65...90, 97...122, 45, 46, 95, 126: result.append(Character(UnicodeScalar(byte)))
      default: result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    return result
  }

  private static func decoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
