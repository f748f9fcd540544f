// SPDX-License-Identifier: Apache-2.0
import CVips
public import ImgtoolCore

/// A few threads of its own on which all pixel work runs, so that libvips never blocks Swift's pool.
///
/// Work is admitted first in, first out, under a budget of bytes. One pool serves a process; letting go of it ends
/// its threads.
public final class VipsPool: Sendable {
  /// How much a pool does at once.
  public struct Limits: Sendable, Hashable {
    /// Threads, at least 1.
    public var threads: Int
    /// The sum of the costs of everything that runs.
    public var memory: ByteCount
    /// How many pieces of work may wait when every thread is taken; beyond it `run` throws `.busy`.
    public var queue: Int
    /// What may be opened, beside the formats that are always safe enough: JPEG XL, JPEG 2000, SVG, BMP.
    public var alsoAllowed: Set<ImageFormat>
    /// What a file may be and take; whoever has a policy of its own brings that one.
    public var decoding: DecodeLimits
    /// Where files are decoded.
    public var isolation: Isolation

    /// One thread for each core, half of the memory, 256 waiting, nothing beside the safe formats, no isolation.
    public init(
      threads: Int = Machine.cores, memory: ByteCount = Machine.halfOfMemory, queue: Int = 256,
      alsoAllowed: Set<ImageFormat> = [], decoding: DecodeLimits = DecodeLimits(), isolation: Isolation = .none
    ) {
      self.decoding = decoding
      self.isolation = isolation
      self.threads = max(1, threads)
      self.memory = memory
      self.queue = max(0, queue)
      self.alsoAllowed = alsoAllowed
    }
  }

  public let limits: Limits
  let core: PoolCore
  /// The way to a decoder on this pool.
  package var gate: Gate { core.gate }

  /// Starts libvips, once in the process, and the threads; with isolation libvips waits until it is needed here.
  ///
  /// - `name`: the beginning of the threads' names, at most 12 bytes.
  /// - Throws: `.unsupported` where libvips is not installed or there is no program to decode with, `.fault` where no
  ///   thread can be started.
  public init(_ limits: Limits = Limits(), name: String = "imgtool-vips") throws(ImgtoolError) {
    self.limits = limits
    core = try PoolCore(limits)
    for number in 0..<limits.threads {
      do {
        try core.startThread(named: "\(name.prefix(12))-\(number)")
      } catch {
        core.close()
        throw error
      }
    }
  }

  deinit { core.close() }

  /// Runs `body` on one of the threads once its turn has come and its cost fits.
  ///
  /// A body that runs when the caller withdraws or the deadline passes is stopped where libvips or `VipsThread.check`
  /// asks; `run` returns only after it has ended, so what the body uses may be closed then.
  /// - `cost`: what the body will hold in memory at most; see `PixelCost`.
  /// - Throws: `.busy` when the queue is full, `.limit` when the cost exceeds the whole budget, `.timeout`,
  ///   `.cancelled`, and whatever the body throws.
  package func run<R: Sendable>(
    cost: ByteCount, deadline: ContinuousClock.Instant? = nil,
    _ body: @escaping @Sendable (borrowing VipsThread) throws -> R
  ) async throws -> R {
    let watch = Watch(deadline: deadline)
    guard let deadline else { return try await core.submit(cost, watch, body) }
    return try await withThrowingTaskGroup(of: Void.self, returning: R.self) { group in
      group.addTask { [core] in
        // A cancelled sleep means that the work is done or withdrawn already.
        guard (try? await Task.sleep(until: deadline, clock: .continuous)) != nil else { return }
        core.withdraw(watch, .timeout)
      }
      defer { group.cancelAll() }
      return try await core.submit(cost, watch, body)
    }
  }

  /// Refuses what waits with `.cancelled`, lets what runs end, and returns when every thread has ended.
  public func shutdown() async { await core.shutdown() }

  /// Pieces of work that wait and that run.
  package var load: (waiting: Int, running: Int) { core.load }
  /// Decoders' processes started so far, and the most one of them held for itself as far as it was looked at.
  package var decoders: (started: Int, peak: ByteCount) {
    (core.workers?.started ?? 0, ByteCount(core.workers?.peakBytes ?? 0))
  }
  /// Threads that have not ended.
  package var liveThreads: Int { core.liveThreads }
}

/// What the defaults of a pool are made of.
public enum Machine {
  /// Cores this process may run on, at least 1.
  public static var cores: Int { max(1, systemCores()) }
  /// Half of the memory this process may use, at least 256 MiB.
  ///
  /// In a container that is half of the container's limit.
  public static var halfOfMemory: ByteCount { ByteCount(max(256 << 20, systemMemory() / 2)) }
}
