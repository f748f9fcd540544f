// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import Synchronization

extension OperationConformance {
  /// How an operation behaves that nobody waits for any more.
  func stops(_ values: Parameters) async -> [String] {
    var violations: [String] = []
    // The task waits until it has been cancelled: the operation then begins in a cancelled task.
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return await performed(values, deadline: nil)
    }
    task.cancel()
    switch await task.value.end {
    case .error(.cancelled): break
    case .error(let kind): violations.append("A cancelled run ends as \(kind.rawValue), not as cancelled.")
    case .outcome: violations.append("A cancelled run goes on to its end.")
    case .foreign(let text): violations.append("A cancelled run throws something of its own: \(text).")
    }
    let late = await performed(values, deadline: .now - .seconds(1))
    switch late.end {
    case .error(.timeout): break
    case .error(let kind): violations.append("A deadline in the past ends as \(kind.rawValue), not as timeout.")
    case .outcome: violations.append("A deadline in the past does not stop the work.")
    case .foreign(let text): violations.append("A deadline in the past ends in something of its own: \(text).")
    }
    return violations + late.traces
  }

  /// What a run to the end brings back.
  func outcome(_ values: Parameters, _ contract: OperationContract) async -> [String] {
    let before = inputBytes
    let run = await performed(values, deadline: nil)
    var violations = run.traces + run.misreported
    if inputBytes != before { violations.append("The input was altered.") }
    guard case .outcome(let images, let cost) = run.end else {
      return violations + ["The operation fails on the input of the suite: \(run.end)."]
    }
    if images.isEmpty { violations.append("There is no image in the outcome.") }
    for (index, bytes) in images.enumerated() where !bytes.hasImageSignature {
      violations.append("Image \(index + 1) of the outcome is no image of a known format.")
    }
    if cost != contract.price { violations.append("The run cost \(cost), the contract said \(contract.price).") }
    return violations
  }

  /// One call of `perform` and what was left of it.
  private struct Run: Sendable {
    enum End: Sendable {
      case outcome(images: [[UInt8]], cost: Money)
      case error(ImgtoolError.Kind)
      case foreign(String)
    }

    var end: End
    /// Files outside the scratch folder, as violations.
    var traces: [String] = []
    /// Progress outside 0…1 or going backwards, as violations.
    var misreported: [String] = []
  }

  private func performed(_ values: Parameters, deadline: ContinuousClock.Instant?) async -> Run {
    guard let folder = try? TestFolder(),  // without a folder nothing can be tried, and the run says so
      (try? FileManager.default.createDirectory(atPath: folder.path("scratch"), withIntermediateDirectories: true))
        != nil
    else { return Run(end: .foreign("no temporary folder can be made")) }
    let shares = ShareLog()
    let context = OperationContext(
      encoding: encoding, scratch: folder.path("scratch"), deadline: deadline,
      progress: { share, _ in shares.add(share) })
    let here = FileManager.default.currentDirectoryPath
    let before = names(in: here)
    var run: Run
    do {
      let outcome = try await operation.perform(input, values, in: context)
      // A file is read before its folder goes.
      run = Run(end: .outcome(images: outcome.images.map { Self.content($0.bytes) }, cost: outcome.cost))
      // An operation that has nothing to do may hand its input back.
      for case .file(let path) in outcome.images.map(\.bytes)
      where !path.hasPrefix(folder.path("scratch") + "/") && input.bytes != .file(path: path) {
        run.traces.append("A result lies outside the scratch folder.")
      }
    } catch let error as ImgtoolError {
      run = Run(end: .error(error.kind))
    } catch is CancellationError {
      run = Run(end: .error(.cancelled))
    } catch {
      run = Run(end: .foreign("\(error)"))
    }
    for name in folder.names where name != "scratch" && !name.hasPrefix("scratch/") {
      run.traces.append("\(name) was written beside the scratch folder.")
    }
    for name in names(in: here).subtracting(before).sorted() {
      run.traces.append("\(name) was written into the current folder.")
    }
    run.misreported = shares.violations
    return run
  }

  private func names(in folder: String) -> Set<String> {
    // A folder that cannot be listed cannot be written either.
    Set((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
  }

  private var inputBytes: [UInt8] { Self.content(input.bytes) }

  private static func content(_ bytes: ImageBytes) -> [UInt8] {
    switch bytes {
    case .memory(let bytes): bytes
    case .file(let path): FileManager.default.contents(atPath: path).map { [UInt8]($0) } ?? []
    }
  }
}

/// The shares a run reports, in order.
private final class ShareLog: Sendable {
  private let shares = Mutex<[Double]>([])

  func add(_ share: Double) { shares.withLock { $0.append(share) } }

  var violations: [String] {
    let shares = shares.withLock { $0 }
    var violations: [String] = []
    if shares.contains(where: { !(0...1).contains($0) }) { violations.append("Progress leaves 0 to 1.") }
    if zip(shares, shares.dropFirst()).contains(where: { $0 > $1 }) { violations.append("Progress goes backwards.") }
    return violations
  }
}

extension [UInt8] {
  /// Whether the bytes begin as an image of a format of the catalogue does.
  ///
  /// A look at the signature alone: that the picture is whole is for postflight to say.
  fileprivate var hasImageSignature: Bool {
    let signatures: [[UInt8]] = [
      [0xFF, 0xD8, 0xFF], [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], Array("GIF8".utf8),
      [0x49, 0x49, 0x2A, 0], [0x4D, 0x4D, 0, 0x2A], [0x49, 0x49, 0x2B, 0], [0x4D, 0x4D, 0, 0x2B],
      Array("BM".utf8), [0xFF, 0x0A], [0, 0, 0, 0x0C, 0x4A, 0x58, 0x4C, 0x20], [0, 0, 0, 0x0C, 0x6A, 0x50, 0x20, 0x20],
      [0xFF, 0x4F, 0xFF, 0x51],
    ]
    guard count > 12 else { return false }
    if signatures.contains(where: starts(with:)) { return true }
    let (second, third) = (Array(self[4..<8]), Array(self[8..<12]))
    return second == Array("ftyp".utf8) || (starts(with: Array("RIFF".utf8)) && third == Array("WEBP".utf8))
  }
}
