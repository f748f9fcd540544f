// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore

/// One child process (POSIX: posix_spawn, wait4), watched by a thread of its own.
struct Spawn: Sendable {
  var words: [String]
  var environment: [String]
  var input: String
  var output: String
  var errors: String

  /// How a process ended.
  struct End: Sendable {
    var code: Int32
    var peakBytes: Int
  }

  /// As many programs as are reasonable run at once; each decodes pictures.
  private static let turns = DispatchSemaphore(value: 2)

  /// Runs the process to its end; one that takes minutes is killed.
  func end(_ whileRunning: @escaping @Sendable (pid_t) -> Void) async throws -> End {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        Self.turns.wait()
        defer { Self.turns.signal() }
        continuation.resume(with: Result { try waited(whileRunning) })
      }
    }
  }

  private func waited(_ whileRunning: @Sendable (pid_t) -> Void) throws -> End {
    let process = try started()
    let watchdog = DispatchWorkItem { kill(process, SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + 120, execute: watchdog)
    whileRunning(process)
    var status: Int32 = 0
    var usage = rusage()
    while wait4(process, &status, 0, &usage) < 0, errno == EINTR {}
    watchdog.cancel()
    let signal = status & 0x7F
    #if os(Linux)
      let peak = usage.ru_maxrss * 1024
    #else
      let peak = usage.ru_maxrss
    #endif
    return End(code: signal == 0 ? status >> 8 & 0xFF : -signal, peakBytes: peak)
  }

  private func started() throws -> pid_t {
    #if os(Linux)
      var actions = posix_spawn_file_actions_t()
    #else
      var actions: posix_spawn_file_actions_t?
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    var process: pid_t = 0
    let result = withCStrings(words) { words in
      withCStrings(environment) { posix_spawn(&process, "/bin/sh", &actions, nil, words, $0) }
    }
    guard result == 0 else {
      throw ImgtoolError(.fault, "The program cannot be started: \(String(cString: strerror(result))).")
    }
    return process
  }

  /// The peak memory of this process, which a child inherits as its own before it becomes another program.
  static var ownPeakBytes: Int {
    var usage = rusage()
    #if os(Linux)
      return getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 ? usage.ru_maxrss * 1024 : 0
    #else
      return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss : 0
    #endif
  }
}

/// The texts as a list of C strings that ends in a null pointer.
private func withCStrings<R>(_ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R) -> R {
  let copies = texts.map { strdup($0) }
  defer { copies.forEach { free($0) } }
  return body(copies + [nil])
}
