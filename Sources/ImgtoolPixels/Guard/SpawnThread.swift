// SPDX-License-Identifier: Apache-2.0
import CSandbox

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// The one thread that starts decoders.
///
/// The system ends a child when the *thread* that started it ends (Linux: prctl PR_SET_PDEATHSIG), so this one never
/// does.
final class SpawnThread: Sendable {
  static let shared = SpawnThread()

  private struct Request: Sendable {
    let number: Int
    let program: WorkerProgram
    let environment: [String]
    let channel: Int32
  }

  private struct State: Sendable {
    var next = 0
    var waiting: [Request] = []
    var started: [Int: (child: pid_t, code: Int32)] = [:]
    var isRunning = false
  }

  private let monitor = Monitor(State())

  /// Starts a program with `channel` as its descriptor 3; blocks until it runs.
  ///
  /// - Returns: the process, or the errno value that says why there is none.
  func start(_ program: WorkerProgram, environment: [String], channel: Int32) -> (child: pid_t, code: Int32) {
    let (number, isFirst) = monitor.change { state in
      state.next += 1
      state.waiting.append(
        Request(number: state.next, program: program, environment: environment, channel: channel))
      defer { state.isRunning = true }
      return (state.next, !state.isRunning)
    }
    if isFirst, !startDetachedThread({ self.work() }) {
      monitor.change {
        $0.isRunning = false
        $0.waiting.removeAll { $0.number == number }
      }
      return (-1, EAGAIN)
    }
    return monitor.wait { $0.started.removeValue(forKey: number) }
  }

  private func work() {
    nameThisThread("imgtool-spawn")
    while true {
      let request = monitor.wait { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
      let result = Self.start(request)
      monitor.change { $0.started[request.number] = result }
    }
  }

  private static func start(_ request: Request) -> (child: pid_t, code: Int32) {
    let arguments = ([request.program.path] + request.program.arguments).map { strdup($0) }
    let environment = request.environment.map { strdup($0) }
    defer { (arguments + environment).forEach { free($0) } }
    var child: pid_t = -1
    let code = csandbox_spawn(
      request.program.path, arguments + [nil], environment + [nil], request.channel, &child)
    return (child, code)
  }
}
