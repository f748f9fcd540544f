// SPDX-License-Identifier: Apache-2.0

internal import ImgtoolCore
internal import Synchronization

/// Reads waiting runs: each by itself where there are few, many of them by one list.
///
/// A list is a shortcut and proves little: only a record with the very id and label of a run is taken for it, and only
/// that it is still at work, or that it succeeded and where its results are. Anything else, above all that it failed or
/// is not there, is read from the run's own record. And so is every run from time to time, for a list that does not
/// keep up with the runs.
final class RunPoller: Sendable {
  /// How long runs that are to be read are gathered for one list.
  static let moment = Duration.milliseconds(500)
  /// With fewer runs a list is not worth its length.
  static let fewest = 8
  /// How long a list that could not be used is left alone.
  static let distrust = Duration.seconds(300)
  /// Of so many looks at a run one is at its own record.
  static let ownLook = 8

  private struct Desk {
    var asked: [RemoteRun] = []
    var answer = SharedAnswer<ListOutcome>()
    var isAtWork = false
    var distrustedUntil = Duration.zero
  }

  private let transport: any Transport
  private let timekeeper: Timekeeper
  private let desks = Mutex<[String: Desk]>([:])

  init(over transport: any Transport, timekeeper: Timekeeper) {
    self.transport = transport
    self.timekeeper = timekeeper
  }

  /// Reads one run, with others that are to be read at the same moment.
  ///
  /// - Parameters:
  ///   - run: as last known.
  ///   - label: what its record must carry.
  ///   - looks: how often it was looked at before.
  func read(_ run: RemoteRun, label: String, looks: Int, by operation: any RemoteOperation) async -> ReadOutcome {
    guard !Self.isOwnLook(looks), let answer = ask(run, operation) else {
      return await operation.read(run.id, over: transport)
    }
    switch await answer.value() {
    case .runs(let runs):
      if let told = runs[run.id], told.id == run.id, Self.tells(told, label) { return .run(told) }
    case .unavailable(let reason, let wish): return .unavailable(reason, after: wish)
    case .unsupported, nil: break
    }
    return await operation.read(run.id, over: transport)
  }

  /// A pause that ends with those of others, at the next half second: fewer lists, and fewer threads woken.
  ///
  /// Where lists are not used it stays as it is, so that reads do not come in bursts.
  func together(_ pause: Duration, by operation: any RemoteOperation) -> Duration {
    let now = timekeeper.now()
    let isDistrusted = desks.withLock { ($0[operation.service]?.distrustedUntil ?? .zero) > now }
    guard pause >= Self.moment, !isDistrusted else { return pause }
    return Self.moment * Int(((now + pause) / Self.moment).rounded(.up)) - now
  }

  /// Whether a look, the first of them 0, is at the run's own record.
  static func isOwnLook(_ look: Int) -> Bool { look % ownLook == ownLook - 1 }

  /// Whether what a list says of a run can be taken for its record.
  static func tells(_ told: RemoteRun, _ label: String) -> Bool {
    guard told.label.map({ Array($0.utf8) }) == Array(label.utf8) else { return false }
    return !told.status.isFinal || (told.status == .succeeded && !told.results.isEmpty && told.cost != nil)
  }

  /// Joins those that are gathered; nothing where the list of the service is not to be used.
  private func ask(_ run: RemoteRun, _ operation: any RemoteOperation) -> SharedAnswer<ListOutcome>? {
    let service = operation.service
    let (answer, isFirst) = desks.withLock { desks -> (SharedAnswer<ListOutcome>?, Bool) in
      func join(_ desk: inout Desk) -> (SharedAnswer<ListOutcome>?, Bool) {
        guard desk.distrustedUntil <= timekeeper.now() else { return (nil, false) }
        desk.asked.append(run)
        defer { desk.isAtWork = true }
        return (desk.answer, !desk.isAtWork)
      }
      // In its place: a copy of the desk would copy all that were asked before.
      return join(&desks[service, default: Desk()])
    }
    if isFirst { Task { await work(operation) } }
    return answer
  }

  /// One list after the other, until nobody asks any more.
  private func work(_ operation: any RemoteOperation) async {
    while true {
      // Nobody cancels this task; and a list too early is a list all the same.
      try? await timekeeper.sleep(Self.moment)
      let (runs, answer) = take(operation.service)
      guard !runs.isEmpty else { return }
      let outcome = runs.count < Self.fewest ? nil : await operation.list(runs, over: transport)
      if outcome == .unsupported {
        desks.withLock { $0[operation.service]?.distrustedUntil = timekeeper.now() + Self.distrust }
      }
      answer.tell(outcome ?? .unsupported)
    }
  }

  /// Those gathered so far; where there are none the work has ended.
  private func take(_ service: String) -> ([RemoteRun], SharedAnswer<ListOutcome>) {
    desks.withLock { desks in
      var desk = desks[service] ?? Desk()
      let taken = (desk.asked, desk.answer)
      (desk.asked, desk.answer, desk.isAtWork) = ([], SharedAnswer(), !desk.asked.isEmpty)
      desks[service] = desk
      return taken
    }
  }
}
