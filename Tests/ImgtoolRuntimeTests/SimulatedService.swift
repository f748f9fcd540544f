// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
@testable import ImgtoolRuntime

/// A paid service in simulated time: what one request does to it and how it answers is scripted.
struct SimulatedService {
  /// What one request meets.
  enum Fault: String, Sendable {
    case none, refused, resetBefore, resetAfter, silentCreated, silentNever, createdLate, error500, error500Created
    case error502Late, error503, throttled, cutReply, noID, conflict, rejected
    /// A service that asks for patience and makes the run all the same; only a search without lag can tell.
    case throttledThenLate

    static let honest: [Fault] = [
      .none, .refused, .resetBefore, .resetAfter, .silentCreated, .silentNever, .createdLate, .error500,
      .error500Created, .error502Late, .error503, .throttled, .cutReply, .noID, .conflict, .rejected,
    ]
  }

  var faults: [Fault]
  /// How long a new run stays invisible to searches.
  var searchLag = Duration.zero
  /// Whether the search answers with other people's runs too.
  var ignoresFilter = false
  /// Until when the search is down.
  var searchDownUntil = Duration.zero
  /// When late creations happen after the request.
  var lateness = Duration.seconds(20)
  var workTime = Duration.seconds(20)
  /// When requests came.
  private(set) var posts: [Duration] = []
  private(set) var runs: [(label: String, createdAt: Duration)] = []

  init(_ faults: [Fault]) { self.faults = faults }

  mutating func post(_ label: String, at now: Duration) -> SubmitOutcome {
    let fault = posts.count < faults.count ? faults[posts.count] : .none
    posts.append(now)
    func accept(_ service: inout SimulatedService) -> SubmitOutcome {
      service.runs.append((label, now))
      return .accepted(service.run(service.runs.count - 1, at: now))
    }
    switch fault {
    case .none: return accept(&self)
    case .refused: return .notSent(TransportFailure(.refused, mayHaveArrived: false, "Refused."))
    case .resetBefore, .silentNever, .error500, .error503, .conflict: return .unknown(fault.rawValue)
    case .resetAfter, .silentCreated, .error500Created, .cutReply, .noID:
      runs.append((label, now))
      return .unknown(fault.rawValue)
    case .createdLate, .error502Late:
      runs.append((label, now + lateness))
      return .unknown(fault.rawValue)
    case .throttled: return .throttled(after: nil)
    case .throttledThenLate:
      runs.append((label, now + .milliseconds(200)))
      return .throttled(after: .seconds(1))
    case .rejected: return .rejected(ImgtoolError(.usage, "No."))
    }
  }

  func find(_ label: String, at now: Duration) -> FindOutcome {
    if now < searchDownUntil { return .inconclusive("down") }
    var found = runs.indices.filter { runs[$0].label == label && runs[$0].createdAt + searchLag <= now }.map {
      run($0, at: now)
    }
    if ignoresFilter {
      let near = RemoteRun(id: "other", label: label.dropLast() + "x", status: .succeeded, statusText: "succeeded")
      let upper = RemoteRun(id: "upper", label: label.uppercased(), status: .running, statusText: "running")
      found = [near, upper, RemoteRun(id: "bare", status: .running, statusText: "running")] + found
    }
    return .found(found)
  }

  func read(_ id: String, at now: Duration) -> ReadOutcome {
    guard let index = Int(id), runs.indices.contains(index), runs[index].createdAt <= now else { return .missing }
    return .run(run(index, at: now))
  }

  private func run(_ index: Int, at now: Duration) -> RemoteRun {
    let isDone = now >= runs[index].createdAt + workTime
    return RemoteRun(
      id: String(index), label: runs[index].label, status: isDone ? .succeeded : .running,
      statusText: isDone ? "succeeded" : "running", cost: isDone ? .cents(55) : nil,
      createdMilliseconds: Int64(index), results: isDone ? [.init(address: "https://x.test/\(index)")] : [])
  }
}

/// Plays a machine against a simulated service, with crashes at given steps.
struct Playground {
  var service: SimulatedService
  var rules = JobRules()
  /// Actions after whose effect, but before whose answer is recorded, the process dies.
  var crashes: Set<Int> = []
  private(set) var now = Duration.zero
  private(set) var disk = JobState()
  private(set) var history: [JobPhase] = []
  let reference = RunReference(7, 8)

  init(_ service: SimulatedService) { self.service = service }

  /// Runs to the end and gives it; a crash loses everything but the state on disk, and the process starts again.
  mutating func play(seed: UInt64 = 1, steps: Int = 2000) -> JobMachine.Ending? {
    var machine = JobMachine(disk, reference: reference, rules: rules, dice: Dice(seed: seed))
    var event = JobMachine.Event.ready
    for step in 0..<steps {
      let action = machine.handle(event, at: now)
      if machine.state != disk {
        disk = machine.state
        history.append(disk.phase)
      }
      switch action {
      case .stop(let ending): return ending
      case .submit: event = .submitted(service.post(reference.label, at: now))
      case .lookUp: event = .lookedUp(service.find(reference.label, at: now))
      case .poll: event = .polled(service.read(disk.run?.id ?? "", at: now))
      case .fetch: event = .fetched(.saved)
      case .wait(let pause), .backOff(let pause, _):
        now += pause
        event = .woken
      }
      now += .milliseconds(50)
      if crashes.contains(step) {
        machine = JobMachine(disk, reference: reference, rules: rules, dice: Dice(seed: seed &+ UInt64(step)))
        event = disk.phase == .planned ? .ready : .resume
      }
    }
    return nil
  }
}
