// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// The decoders of a pool: started when they are needed, used again and again, replaced when they are lost.
///
/// As many as threads ask at once; a pool admits work before it comes here.
final class WorkerPool: Sendable {
  private struct State: Sendable {
    var idle: [Worker] = []
    var isClosed = false
    var started = 0
    var peakBytes = 0
  }

  let program: WorkerProgram
  private let formats: Set<ImageFormat>
  private let limits: DecodeLimits
  private let monitor = Monitor(State())

  /// - Throws: `.unsupported` where the program cannot be started here.
  init(_ program: WorkerProgram, formats: Set<ImageFormat>, limits: DecodeLimits) throws(ImgtoolError) {
    try program.check()
    (self.program, self.formats, self.limits) = (program, formats, limits)
    WorkerFolder.sweep()
  }

  deinit { close() }

  /// Decoders started so far; more than threads tells of lost ones.
  var started: Int { monitor.read { $0.started } }
  /// The most any decoder held for itself, as far as it was looked at.
  var peakBytes: Int { monitor.read { $0.peakBytes } }

  /// Asks a decoder; blocks the calling thread.
  ///
  /// - Throws: As `Worker.perform`.
  func perform(
    _ task: WorkerOrder.Task, on image: AdmittedImage, room: Int, _ watch: Watch
  ) throws(ImgtoolError) -> (answer: WorkerAnswer, region: SharedRegion) {
    try watch.check()
    let region = try SharedRegion(count: room)
    let order = WorkerOrder(task: task, facts: image.facts, limits: image.limits)
    let worker = try take()
    defer { giveBack(worker) }
    let answer: WorkerAnswer
    switch image.source {
    case .descriptor(let descriptor):
      answer = try worker.perform(order, on: descriptor, into: region.descriptor, watch)
    case .bytes(let bytes):
      let input = try SharedRegion(copying: bytes)
      answer = try worker.perform(order, on: input.descriptor, into: region.descriptor, watch)
    case .shared(let input):
      answer = try worker.perform(order, on: input.descriptor, into: region.descriptor, watch)
    }
    return (answer, region)
  }

  /// Ends every idle decoder; those at work end with their jobs.
  func close() {
    let idle = monitor.change { state in
      defer { state.idle = [] }
      state.isClosed = true
      return state.idle
    }
    idle.forEach { $0.end() }
  }

  private func take() throws(ImgtoolError) -> Worker {
    if let worker = monitor.change({ $0.idle.popLast() }) { return worker }
    monitor.change { $0.started += 1 }
    return try Worker(program, formats: formats, limits: limits)
  }

  private func giveBack(_ worker: Worker) {
    let isKept = worker.isReusable
    let isWanted = monitor.change { state in
      state.peakBytes = max(state.peakBytes, worker.peakBytes)
      guard isKept, !state.isClosed else { return false }
      state.idle.append(worker)
      return true
    }
    if !isWanted { worker.end() }
  }
}
