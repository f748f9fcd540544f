// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe
import Logging
import Metrics
import Tracing

/// The calls of services: each file or buffer is read on threads of the check's own, never on Swift's pool.
extension InputCheck {
  /// Checks one file.
  ///
  /// Counts `imgtool.checks` by verdict and times `imgtool.check` (swift-metrics), in a span `imgtool.check`
  /// (swift-distributed-tracing).
  /// - Returns: a record, also for a broken file.
  /// - Throws: `CancellationError` alone.
  public func check(file path: String) async throws -> InputRecord {
    try await measured(path) {
      await withTaskExecutorPreference(threads) { () async -> InputRecord in
        do throws(ImgtoolError) {
          let file = try OpenFile(path)
          return await self.record(path, .descriptor(file.descriptor))
        } catch {
          return self.record(path, .failure(error), [])
        }
      }
    }
  }

  /// Checks an image in memory; the bytes are not copied for the header and the structure.
  ///
  /// - Parameter name: the name or path to report, whose extension is compared with the bytes.
  /// - Parameter mediaType: a declared Content-Type, compared with the bytes.
  /// - Throws: `CancellationError` alone.
  public func check(_ bytes: [UInt8], name: String, mediaType: String? = nil) async throws -> InputRecord {
    try await measured(name) {
      await withTaskExecutorPreference(threads) {
        await self.record(name, .bytes(bytes), mediaType: mediaType)
      }
    }
  }

  /// Checks a sequence of files, some at once, in order.
  ///
  /// The sequence is pulled: nothing is read ahead of the caller by more than `inFlight` files.
  public func checks<Paths: AsyncSequence>(of paths: Paths, inFlight: Int = 4) -> InputChecks<Paths>
  where Paths.Element == String {
    InputChecks(check: self, paths: paths, inFlight: max(1, inFlight))
  }

  private func record(_ name: String, _ source: PictureSource, mediaType: String? = nil) async -> InputRecord {
    do {
      let looked = try look(at: source, name: name, mediaType: mediaType)
      guard let image = looked.image else { return record(name, .success(looked.facts), looked.findings) }
      return record(name, .success(looked.facts), looked.findings + (try await decoded(image)))
    } catch let error as ImgtoolError {
      return record(name, .failure(error), [])
    } catch {
      return record(name, .failure(ImgtoolError(.cancelled, "The check was withdrawn.")), [])
    }
  }

  private func measured(_ name: String, _ work: () async -> InputRecord) async throws -> InputRecord {
    try Task.checkCancellation()
    let started = ContinuousClock.now
    let record = await withSpan("imgtool.check") { span in
      let record = await work()
      span.attributes["imgtool.verdict"] = record.verdict
      return record
    }
    try Task.checkCancellation()
    let labels = [("verdict", record.verdict), ("depth", depth.rawValue)]
    Counter(label: "imgtool.checks", dimensions: labels).increment()
    Metrics.Timer(label: "imgtool.check", dimensions: [("depth", depth.rawValue)])
      .recordNanoseconds(Int64((ContinuousClock.now - started) / .nanoseconds(1)))
    Logger(label: "imgtool.check").debug(
      "checked", metadata: ["name": .string(name.escaped), "verdict": .string(record.verdict)])
    return record
  }
}

/// The records of a sequence of files, in its order, with back-pressure.
public struct InputChecks<Paths: AsyncSequence>: AsyncSequence where Paths.Element == String {
  let check: InputCheck
  let paths: Paths
  let inFlight: Int

  public func makeAsyncIterator() -> Iterator {
    Iterator(check: check, paths: paths.makeAsyncIterator(), inFlight: inFlight)
  }

  public struct Iterator: AsyncIteratorProtocol {
    let check: InputCheck
    var paths: Paths.AsyncIterator
    let inFlight: Int
    private var window = Window()

    init(check: InputCheck, paths: Paths.AsyncIterator, inFlight: Int) {
      self.check = check
      self.paths = paths
      self.inFlight = inFlight
    }

    /// - Throws: what the sequence of paths throws, and `CancellationError`.
    public mutating func next() async throws -> InputRecord? {
      while window.tasks.count < inFlight, let path = try await paths.next() {
        window.tasks.append(Task { [check] in try await check.check(file: path) })
      }
      guard !window.tasks.isEmpty else { return nil }
      let first = window.tasks.removeFirst()
      return try await withTaskCancellationHandler {
        try await first.value
      } onCancel: {
        first.cancel()
      }
    }
  }

  /// What is under way; whoever drops the iterator withdraws it.
  private final class Window {
    var tasks: [Task<InputRecord, any Error>] = []

    deinit { tasks.forEach { $0.cancel() } }
  }
}
