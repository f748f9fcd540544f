// SPDX-License-Identifier: Apache-2.0
import CSandbox
import Foundation
import ImgtoolCore

/// One decoder: a process that is asked, watched, and killed when it breaks a limit.
///
/// Belongs to one thread at a time.
// The pool hands it from thread to thread, never to two.
final class Worker: @unchecked Sendable {
  /// How long a decoder may take to start on a busy machine.
  private static let startSeconds = 20
  /// How often a decoder at work is looked at, in milliseconds.
  private static let lookInterval: Int32 = 20
  /// The most jobs one decoder does before a fresh one takes its place.
  static let mostJobs = 1_000
  /// What an idle decoder may hold for itself.
  static let mostIdleBytes = 96 << 20

  let child: pid_t
  private var channel: WorkerChannel
  private var folder: WorkerFolder
  private var isAlive = true
  private(set) var jobs = 0
  /// Whether the decoder can open nothing by name, no socket, no program.
  private(set) var isLocked = false
  /// The most it held for itself during the last job, as far as it was looked at.
  private(set) var peakBytes = 0

  /// Starts a decoder and waits until it is ready.
  ///
  /// - Throws: `.unsupported` where the program is none, `.fault`, `.storage`.
  init(_ program: WorkerProgram, formats: Set<ImageFormat>, limits: DecodeLimits) throws(ImgtoolError) {
    try program.check()
    folder = try WorkerFolder(formats: formats)
    var ends: [Int32] = [-1, -1]
    let code = csandbox_pair(&ends)
    guard code == 0 else { throw Self.noStart(code) }
    channel = WorkerChannel(owning: ends[0])
    let environment = [
      "VIPSHOME=\(folder.path)", "TMPDIR=\(folder.path)", "LC_ALL=C", "HOME=\(folder.path)",
      // A decoder has no disk: what libvips would put into a file there stays in memory, which is watched.
      "VIPS_DISC_THRESHOLD=64g",
      "IMGTOOL_DECODER_MEMORY=\(limits.maximumMemory.bytes)",
    ]
    let (child, failure) = SpawnThread.shared.start(program, environment: environment, channel: ends[1])
    close(ends[1])
    self.child = child
    guard failure == 0 else {
      isAlive = false
      throw Self.noStart(failure)
    }
    let last = ContinuousClock.now + .seconds(Self.startSeconds)
    while true {
      do {
        guard case .ready(let locked) = try channel.receive(WorkerAnswer.self, within: 200).message else {
          throw WorkerChannel.Fault.nonsense
        }
        isLocked = locked
        // It has what it needs of the folder, and can open nothing any more.
        if locked { folder.remove() }
        return
      } catch WorkerChannel.Fault.late where ContinuousClock.now < last {
        continue
      } catch {
        end()
        throw ImgtoolError(
          .unsupported,
          "\(program.path) does not start as a decoder: name an installed imgtool, or decode without isolation.")
      }
    }
  }

  deinit { end() }

  private static func noStart(_ code: Int32) -> ImgtoolError {
    ImgtoolError(.fault, "A decoder cannot be started: \(String(cString: strerror(code))).", retry: .later)
  }

  /// Kills the process with everything it started, and removes its folder.
  func end() {
    guard isAlive else { return }
    isAlive = false
    _ = csandbox_end(child)
    folder.remove()
  }

  /// Whether it can be asked again.
  var isReusable: Bool { isAlive && jobs < Self.mostJobs && privateBytes() <= Self.mostIdleBytes }

  /// Asks for a job and waits for the answer, within the limits of the order.
  ///
  /// - Throws: `.limit` for time or memory, `.input` for a file the decoder crashed on, `.timeout` and `.cancelled`
  ///   from `watch`, and what the decoder says. Where anything but the decoder's own word ended the job, the process is
  ///   gone.
  func perform(
    _ order: WorkerOrder, on input: Int32, into room: Int32, _ watch: Watch
  ) throws(ImgtoolError) -> WorkerAnswer {
    guard isAlive else { throw ImgtoolError(.fault, "The decoder is gone.") }
    jobs += 1
    peakBytes = 0
    let last = ContinuousClock.now + .seconds(order.limits.maximumSeconds)
    guard channel.send(order, beside: [input, room]) else { throw died(order.limits) }
    while true {
      do {
        let (answer, descriptors) = try channel.receive(WorkerAnswer.self, within: Self.lookInterval)
        descriptors.forEach { close($0) }
        if let failure = answer.failure { throw failure }
        return answer
      } catch let error as ImgtoolError {
        throw error
      } catch WorkerChannel.Fault.late {
        try look(order.limits, last, watch)
      } catch WorkerChannel.Fault.nonsense {
        end()
        throw ImgtoolError(.input, "The decoder answered nonsense to this file.", context: ["rule": GuardRule.crashed])
      } catch {
        throw died(order.limits)
      }
    }
  }

  /// Ends the job where it has had its time or memory, or nobody wants it any more.
  private func look(_ limits: DecodeLimits, _ last: ContinuousClock.Instant, _ watch: Watch) throws(ImgtoolError) {
    peakBytes = max(peakBytes, privateBytes())
    if peakBytes > limits.maximumMemory.bytes {
      end()
      throw GuardRule.memoryError(limits)
    }
    if ContinuousClock.now >= last {
      end()
      throw GuardRule.timeError(limits)
    }
    if let reason = watch.reason {
      end()
      throw reason.error
    }
  }

  /// The error of a process that ended by itself.
  private func died(_ limits: DecodeLimits) -> ImgtoolError {
    let status = csandbox_reap(child, 200)
    end()
    guard status >= 0, status & 0x7F != 0 else {
      return ImgtoolError(.input, "The decoder gave up on this file.", context: ["rule": GuardRule.crashed])
    }
    switch status & 0x7F {
    case SIGXCPU: return GuardRule.timeError(limits)
    case let signal:
      return ImgtoolError(
        .input, "The decoder crashed on this file (signal \(signal)).", context: ["rule": GuardRule.crashed])
    }
  }

  /// Bytes that only this process holds: neither libraries nor shared memory (Linux: /proc/pid/statm).
  private func privateBytes() -> Int {
    let numbers = smallFile("/proc/\(child)/statm").split(separator: 0x20).prefix(3)
      .compactMap { Int(String(decoding: $0, as: UTF8.self)) }
    guard numbers.count == 3 else { return 0 }
    return max(0, numbers[1] - numbers[2]) * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}

/// The rules that only a decode can break.
package enum GuardRule {
  /// Decoding took too long.
  package static let time = "time.limit"
  /// Decoding took too much memory.
  package static let memory = "memory.limit"
  /// The decoder did not survive the file.
  package static let crashed = "decoder.crashed"

  static func timeError(_ limits: DecodeLimits) -> ImgtoolError {
    ImgtoolError(
      .limit, "Decoding took longer than \(limits.maximumSeconds) seconds.", context: ["rule": time])
  }

  static func memoryError(_ limits: DecodeLimits) -> ImgtoolError {
    ImgtoolError(.limit, "Decoding took more than \(limits.maximumMemory) of memory.", context: ["rule": memory])
  }
}
