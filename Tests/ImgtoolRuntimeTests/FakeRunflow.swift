// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// As much of Runflow as one job needs, on loopback, with the faults that cost money.
final class FakeRunflow: Sendable {
  /// What happens to a POST that makes a run.
  enum PostFault: Sendable {
    case none
    /// The run is made; the connection ends without a byte.
    case lostReply
    /// Nothing is made; the connection ends without a byte.
    case lostRequest
    case status(Int, creates: Bool)
    /// The run is made; the answer is cut.
    case cutReply
    case html
    /// A refusal that quotes what it was sent.
    case repeatsKey(Int)
    /// The run is made now, later or never; what is answered is scripted apart from that.
    case scripted(Making, LoopbackServer.Reply)
  }

  /// When a request makes its run.
  enum Making: String, Sendable { case never, now, late }

  struct State: Sendable {
    var posts = 0
    /// When each came, by the service's clock, and under which label.
    var arrivals: [(label: String, at: Duration)] = []
    var faults: [PostFault] = []
    var runs: [(id: String, label: String, key: String, at: Duration)] = []
    var polls: [String: Int] = [:]
    /// Polls until a run is done.
    var work = 2
    var status = "succeeded"
    var searchStatus = 200
    var listStatus = 200
    /// Lists of runs that were asked for, and runs that were read by themselves.
    var lists = 0
    var reads = 0
    /// The service's clock; it stands still unless a test gives it one.
    var now: @Sendable () -> Duration = { .zero }
    /// What is answered at a time to a path, in place of anything else.
    var outage: @Sendable (Duration, String) -> LoopbackServer.Reply? = { _, _ in nil }
    /// How long after its request a late run is made.
    var lateness = Duration.seconds(20)
    /// How long a run stays invisible to searches.
    var searchLag = Duration.zero
    /// Until when searches are answered 503.
    var searchDownUntil = Duration.zero
    /// Whether a search answers with other people's runs too.
    var ignoresFilter = false
    var searches = 0
    /// Downloads answered with 403 before one succeeds.
    var expired = 0
    var downloads = 0
    var uploads = 0
    var downloadReply: LoopbackServer.Reply?
    /// Answers to the first downloads, in order.
    var firstDownloads: [LoopbackServer.Reply] = []
    var seen: [String] = []
    var keysSeenAtStorage = 0
    var balance = "10.00"
    var price = "0.55"
  }

  let state = Mutex(State())
  private let server: Mutex<LoopbackServer?> = Mutex(nil)
  let base: String

  /// A GIF of one pixel, written out by hand (GIF89a, appendix D).
  static let picture: [UInt8] =
    Array("GIF89a".utf8) + [1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff]
    + [0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b]

  init(_ faults: [PostFault] = []) throws {
    let holder = Holder()
    let server = try LoopbackServer { holder.fake?.answer($0) ?? .close }
    base = server.base
    state.withLock { $0.faults = faults }
    self.server.withLock { $0 = server }
    holder.set(self)
  }

  /// Breaks the knot of a server that needs its owner.
  private final class Holder: Sendable {
    private struct Weak: Sendable { weak var fake: FakeRunflow? }
    private let box = Mutex(Weak())
    var fake: FakeRunflow? { box.withLock { $0.fake } }
    func set(_ fake: FakeRunflow) { box.withLock { $0.fake = fake } }
  }

  func stop() { server.withLock { $0 }?.stop() }

  private func answer(_ request: LoopbackServer.Request) -> LoopbackServer.Reply {
    let path = request.path.split(separator: "?").first.map(String.init) ?? ""
    let base = base
    let isStorage = path.hasPrefix("/storage/")
    return state.withLock { state in
      state.seen.append("\(request.method) \(path)")
      if let reply = state.outage(state.now(), path) { return reply }
      if isStorage, request.fields["authorization"] != nil { state.keysSeenAtStorage += 1 }
      if !isStorage, request.fields["authorization"] != "Bearer rf_live_CANARY0123456789" {
        return .json(#"{"code":"UNAUTHORIZED","message":"No."}"#, status: 401)
      }
      switch (request.method, path) {
      case ("GET", "/v1/billing/balance"): return .json(#"{"balance":"\#(state.balance)"}"#)
      case ("POST", "/v1/asset-uploads"):
        return .json(#"{"asset_id":"a1","upload_url":"\#(base)/storage/up?sig=SECRETSIG"}"#, status: 201)
      case ("PUT", "/storage/up"):
        state.uploads += 1
        return .answer(200, [])
      case ("POST", "/v1/asset-uploads/a1/confirmations"): return .json(#"{"id":"a1"}"#, status: 201)
      case ("POST", _) where path.hasSuffix("/runs"): return Self.post(request, &state)
      case ("GET", "/v1/runs") where request.path.contains("q="): return Self.search(request, &state)
      case ("GET", "/v1/runs"):
        state.lists += 1
        guard state.listStatus == 200 else { return .answer(state.listStatus, []) }
        let now = state.now()
        let visible = state.runs.filter { $0.at + state.searchLag <= now }
        let items = visible.map { Self.record($0.id, $0.label, base, &state) }
        return .json(#"{"items":[\#(items.joined(separator: ","))],"next":null}"#)
      case ("GET", _) where path.hasPrefix("/v1/runs/"):
        return Self.poll(String(path.dropFirst("/v1/runs/".count)), base, &state)
      case ("GET", "/storage/out"):
        state.downloads += 1
        if state.expired > 0 {
          state.expired -= 1
          return .answer(403, [])
        }
        if !state.firstDownloads.isEmpty { return state.firstDownloads.removeFirst() }
        return state.downloadReply ?? .answer(200, Self.picture)
      default: return .json(#"{"code":"NOT_FOUND","message":"No."}"#, status: 404)
      }
    }
  }

  private static func post(_ request: LoopbackServer.Request, _ state: inout State) -> LoopbackServer.Reply {
    let fault = state.posts < state.faults.count ? state.faults[state.posts] : .none
    state.posts += 1
    let body = (try? JSONSerialization.jsonObject(with: Data(request.body))) as? [String: Any]
    let label = body?["client_ref"] as? String ?? ""
    let now = state.now()
    state.arrivals.append((label, now))
    func create(_ state: inout State, after lateness: Duration = .zero) -> String {
      let id = "01995f3a-run-\(state.runs.count)"
      state.runs.append((id, label, request.fields["idempotency-key"] ?? "", now + lateness))
      return #"{"id":"\#(id)","status_code":"queued","client_ref":"\#(label)","output":null}"#
    }
    switch fault {
    case .repeatsKey(let status):
      return .json(
        #"{"code":"X","message":"Not known: \#(request.fields["authorization"] ?? "")"}"#, status: status)
    case .none: return .json(create(&state), status: 201)
    case .lostReply:
      _ = create(&state)
      return .close
    case .lostRequest: return .close
    case .status(let status, let creates):
      if creates { _ = create(&state) }
      return .json(#"{"code":"X","message":"As scripted."}"#, status: status)
    case .cutReply:
      let text = create(&state)
      return .raw(Array("HTTP/1.1 201 Created\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text.dropLast(20))".utf8))
    case .html:
      _ = create(&state)
      return .answer(200, Array("<html>Hello</html>".utf8), ["Content-Type": "text/html"])
    case .scripted(let making, let reply):
      if making != .never { _ = create(&state, after: making == .late ? state.lateness : .zero) }
      return reply
    }
  }

  private static func search(_ request: LoopbackServer.Request, _ state: inout State) -> LoopbackServer.Reply {
    state.searches += 1
    guard state.searchStatus == 200 else { return .answer(state.searchStatus, []) }
    let now = state.now()
    guard now >= state.searchDownUntil else { return .answer(503, []) }
    let query = request.path.removingPercentEncoding ?? ""
    let visible = state.runs.filter { $0.at + state.searchLag <= now }
    var found = visible.filter { query.contains("'\($0.label)'") }.map { ($0.id, $0.label) }
    if state.ignoresFilter {
      let label = query.split(separator: "'").dropFirst().first.map(String.init) ?? ""
      found = [("other", label.dropLast() + "x"), ("upper", label.uppercased()), ("more", label + "0")] + found
    }
    let items = found.map { #"{"id":"\#($0.0)","status_code":"running","client_ref":"\#($0.1)"}"# }
    return .json(#"{"items":[\#(items.joined(separator: ","))],"next":null}"#)
  }

  private static func poll(_ id: String, _ base: String, _ state: inout State) -> LoopbackServer.Reply {
    let now = state.now()
    guard let run = state.runs.first(where: { $0.id == id && $0.at <= now }) else {
      return .json(#"{"code":"RUN_NOT_FOUND","message":"No."}"#, status: 404)
    }
    state.reads += 1
    return .json(record(id, run.label, base, &state))
  }

  /// A run as it is read, which is what lets it work on.
  private static func record(_ id: String, _ label: String, _ base: String, _ state: inout State) -> String {
    state.polls[id, default: 0] += 1
    let isDone = (state.polls[id] ?? 0) > state.work
    let output = #"{"outputs":[{"url":"\#(base)/storage/out?sig=SECRETSIG","type":"image"}],"seed":7}"#
    let status = isDone ? state.status : "running"
    let isGood = status == "succeeded"
    return
      #"{"id":"\#(id)","status_code":"\#(status)","client_ref":"\#(label)","#
      + #""output":\#(isGood ? output : "null"),"cost":\#(isDone ? (isGood ? "\"\(state.price)\"" : "\"0\"") : "null"),"#
      + #""failure_code":"MODEL_UNAVAILABLE","failure_message":"No worker."}"#
  }
}
