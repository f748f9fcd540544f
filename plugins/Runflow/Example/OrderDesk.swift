// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolRuntime

/// The frame a picture is wanted in.
struct FrameOrder: Codable, Sendable {
  let ratio: String
  let tier: String
}

/// What has become of a picture.
struct OrderState: Codable, Sendable {
  enum Stage: String, Codable {
    case working, done
    /// The result is not what was ordered; it is kept beside the others.
    case rejected
    /// Nothing came back; `reason` says why.
    case failed
  }

  var stage = Stage.working
  var cost: String?
  var reason: String?
}

/// Takes orders, keeps them on disk, and works on them until each has an end.
///
/// A folder for each picture: `input`, `order.json`, and once it is over `state.json` and `result.jpg`. At a start
/// every order without an end is given again: the journal knows what is paid for, so nothing is paid twice.
actor OrderDesk {
  private let folder: String
  private let operation: any ImageOperation
  private let runner: Runner
  private let journal: Journal
  private var working: [String: Task<Void, Never>] = [:]

  /// - Parameters:
  ///   - operation: what is done with every picture.
  ///   - journal: what the runner's conductor keeps its jobs in.
  init(folder: String, operation: any ImageOperation, runner: Runner, journal: Journal) throws {
    (self.folder, self.operation, self.runner, self.journal) = (folder, operation, runner, journal)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  /// Takes up what an earlier process left unfinished.
  func start() throws {
    for id in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() {
      // A folder without an order is an upload that was cut off; its sender was never given the id.
      guard exists(id, "order.json"), !exists(id, "state.json") else { continue }
      begin(id)
    }
  }

  /// Stores a picture and begins to work on it.
  ///
  /// - Returns: the id it is known by.
  func take(_ bytes: [UInt8], _ order: FrameOrder) throws -> String {
    let id = UUID().uuidString.lowercased()
    try FileManager.default.createDirectory(atPath: "\(folder)/\(id)", withIntermediateDirectories: true)
    try write(Data(bytes), id, "input")
    try write(try JSONEncoder().encode(order), id, "order.json")
    begin(id)
    return id
  }

  /// - Returns: nothing for an id nobody was given.
  func state(of id: String) -> OrderState? {
    guard UUID(uuidString: id) != nil, exists(id, "order.json") else { return nil }
    guard let data = FileManager.default.contents(atPath: place(id, "state.json")) else { return OrderState() }
    return try? JSONDecoder().decode(OrderState.self, from: data)
  }

  /// The file of a result that passed every check.
  func result(of id: String) -> String? { state(of: id)?.stage == .done ? place(id, "result.jpg") : nil }

  /// Waits until an order has its end; at once for one that has.
  func wait(for id: String) async { await working[id]?.value }

  private func begin(_ id: String) {
    working[id] = Task {
      do {
        let state = try await work(on: id)
        try write(try JSONEncoder().encode(state), id, "state.json")
      } catch {
        // No end is written: the order is given again at the next start.
      }
      working[id] = nil
    }
  }

  private func work(on id: String) async throws -> OrderState {
    let data = try Data(contentsOf: URL(fileURLWithPath: place(id, "order.json")))
    let order = try JSONDecoder().decode(FrameOrder.self, from: data)
    let plan = Plan(
      operation: operation.name,
      parameters: try Parameters(
        ["aspect_ratio": order.ratio, "resolution": order.tier], for: operation.parameters),
      input: place(id, "input"), output: place(id, "result.jpg"), encoding: EncodeOptions(format: .jpeg),
      replaces: true)
    do {
      let report = try await runner.run(plan)
      // Tells the journal how the checks of a paid result went.
      if let job = report.details["job"] {
        try await journal.finish(job, output: plan.output, passed: report.state == .done)
      }
      let failures = report.preflight.failures + report.outputs.flatMap(\.findings.failures)
      return OrderState(
        stage: report.state == .done ? .done : .rejected, cost: report.cost.description,
        reason: failures.first?.message)
    } catch let error as ImgtoolError where error.retry == .never {
      return OrderState(stage: .failed, reason: error.message)
    }
  }

  private func place(_ id: String, _ name: String) -> String { "\(folder)/\(id)/\(name)" }
  private func exists(_ id: String, _ name: String) -> Bool {
    FileManager.default.fileExists(atPath: place(id, name))
  }
  private func write(_ data: Data, _ id: String, _ name: String) throws {
    try data.write(to: URL(fileURLWithPath: place(id, name)), options: .atomic)
  }
}
