// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import Hummingbird
import ImgtoolCore
import ImgtoolPixels
import ImgtoolRuntime
import NIOCore
import RunflowBackend
import RunflowServer

/// A web service that takes pictures in, pays for recomposing the good ones, and hands out results that were checked.
///
///     POST /check                          is this picture fit to be sent? Nothing is stored or spent
///     POST /pictures?ratio=21:9&res=2K     take it in: 202 with an id, or 422 with the reasons
///     GET  /pictures/{id}                  working, done, rejected or failed, and what it cost
///     GET  /pictures/{id}/image            the result
///     POST /callbacks/runflow              Runflow's callbacks
struct PictureService: Sendable {
  let orders: OrderDesk
  let conductor: JobConductor
  let webhooks: RunflowWebhooks
  /// What is looked at before a byte is stored; a few microseconds for a header in memory.
  let check: InputCheck

  /// The largest picture taken in.
  static let largestPicture = ByteCount.mebibytes(50)

  /// - Parameters:
  ///   - folder: where pictures and the journal of paid jobs are kept.
  ///   - dailyBudget: what may be spent a day, over all processes on the folder.
  init(
    folder: String, runflow: RunflowConfiguration, webhooks: RunflowWebhooks, dailyBudget: Money
  ) async throws {
    let pool = SharedPool()
    let journal = try await Journal.open(JournalFolder(folder + "/journal"), timekeeper: .system())
    var options = ConductorOptions()
    options.dailyBudget = dailyBudget
    // Nobody sits before a service: what may have been bought twice is for a person to decide.
    options.unknown = .hold
    conductor = JobConductor(
      journal: journal, transport: HTTPTransport(allowsLoopback: runflow.base.isLoopback), timekeeper: .system(),
      options: options)
    let catalog = try OperationCatalog(try RunflowBackend.operations(runflow))
    orders = try OrderDesk(
      folder: folder + "/pictures", operation: try catalog.operation(named: "runflow.smart-resize"),
      runner: Runner(catalog: catalog, pool: pool, conductor: conductor), journal: journal)
    guard let policy = InputPolicy.named("runflow-smart-resize") else {
      throw ImgtoolError(.fault, "The policy of the operation is missing.")
    }
    check = InputCheck(policy, depth: .structure, pool: pool)
    self.webhooks = webhooks
  }

  func router() -> Router<BasicRequestContext> {
    let router = Router()
    router.post("check") { request, _ in
      let record = try await check.check(try await Self.body(of: request), name: "upload")
      return record.isInOrder
        ? try Self.json(.ok, Verdict(findings: [])) : try Self.json(.unprocessableContent, Verdict(record))
    }
    router.post("pictures") { request, _ in
      let order = try Self.order(request)
      let bytes = try await Self.body(of: request)
      // The cheap look first: what is refused here is neither stored nor paid for.
      let record = try await check.check(bytes, name: "upload")
      guard record.isInOrder else { return try Self.json(.unprocessableContent, Verdict(record)) }
      let id = try await orders.take(bytes, order)
      return try Self.json(.accepted, Receipt(id: id))
    }
    router.get("pictures/{id}") { _, context in
      guard let state = await orders.state(of: try context.parameters.require("id")) else {
        throw HTTPError(.notFound)
      }
      return try Self.json(.ok, state)
    }
    router.get("pictures/{id}/image") { _, context in
      guard let path = await orders.result(of: try context.parameters.require("id")) else {
        throw HTTPError(.notFound)
      }
      return Response(status: .ok, body: try await FileIO().loadFile(path: path, context: context))
    }
    router.runflowCallbacks { body, signatures in
      let event = try webhooks.verify(body, signatures: signatures)
      // Only a hint: whoever waits for the run reads it anew.
      _ = try await conductor.received(run: event.id, label: event.label, key: event.dedupeKey)
    }
    return router
  }

  private static func body(of request: Request) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    for try await piece in request.body {
      guard bytes.count + piece.readableBytes <= largestPicture.bytes else { throw HTTPError(.contentTooLarge) }
      bytes.append(contentsOf: piece.readableBytesView)
    }
    return bytes
  }

  private static func order(_ request: Request) throws -> FrameOrder {
    let query = request.uri.queryParameters
    guard let ratio = query["ratio"].flatMap({ AspectRatio(String($0)) }),
      let tier = query["res"].flatMap({ ResolutionTier(String($0)) })
    else { throw HTTPError(.badRequest, message: "ratio=W:H and res=1K, 2K or 4K are needed.") }
    return FrameOrder(ratio: ratio.description, tier: tier.description)
  }

  private static func json(_ status: HTTPResponse.Status, _ value: some Encodable) throws -> Response {
    Response(
      status: status, headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: try JSONEncoder().encode(value))))
  }
}

/// Why a picture was refused; empty for a good one.
struct Verdict: Codable {
  struct Reason: Codable {
    let rule: String
    let message: String
  }

  let findings: [Reason]

  init(findings: [Reason]) { self.findings = findings }

  init(_ record: InputRecord) {
    switch record.facts {
    case .success:
      findings = (record.check?.findings ?? []).failures.map { Reason(rule: $0.rule, message: $0.message) }
    case .failure(let error): findings = [Reason(rule: error.kind.rawValue, message: error.message)]
    }
  }
}

/// What a taken picture is known by.
struct Receipt: Codable {
  let id: String
}
