// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolPixels
import ImgtoolTesting

/// The long trials of the guard, which print their figures; built by `make hostile` alone.
@main
enum Hostile {
  static func main() async throws {
    DecodeWorker.runIfAsked()
    Memory.limitHeaps()
    let words = Array(CommandLine.arguments.dropFirst())
    guard words.count >= 2 else { usage() }
    let (folder, numbers) = (words[1], words.dropFirst(2).compactMap { Int($0) })
    switch words[0] {
    case "corpus": try await Trial(folder: folder).run()
    case "cuts": try await LateCuts(folder: folder, times: numbers.first ?? 200).run()
    case "soak": try await Soak(folder: folder, jobs: numbers.first ?? 20_000).run()
    case "speed": try await Speed(folder: folder).run()
    case "mutate":
      let seed = UInt64(numbers.count > 1 ? max(0, numbers[1]) : 11)
      try Mutations(seed: seed, count: numbers.first ?? 1_000).write(to: folder)
    default: usage()
    }
  }

  private static func usage() -> Never {
    print("usage: Hostile corpus|cuts|soak|speed|mutate FOLDER [COUNT [SEED]]")
    exit(64)
  }

  /// A pool whose decoders are this program, or in this process where `IMGTOOL_ISOLATE=none`.
  static func pool(threads: Int = 2, queue: Int = 100_000, memory: ByteCount = .mebibytes(4_096)) -> SharedPool {
    let isIsolated = ProcessInfo.processInfo.environment["IMGTOOL_ISOLATE"] != "none"
    return SharedPool(
      VipsPool.Limits(
        threads: threads, memory: memory, queue: queue, decoding: limits,
        isolation: isIsolated ? .process(.thisExecutable) : .none))
  }

  /// The limits the verdicts of the corpus assume: the defaults, without HEIF.
  static let limits: DecodeLimits = {
    var limits = DecodeLimits()
    limits.formats = [.jpeg, .png, .webp, .gif, .tiff, .avif]
    return limits
  }()

  /// What one file comes to: the rules that refuse it, none for a file that is taken.
  static func verdict(on path: String, _ pool: SharedPool) async -> Verdict {
    do {
      let look = try Gate(limits).look(at: .file(path: path))
      guard let image = look.image else { return Verdict(codes: Set(look.findings.failures.map { code(of: $0.rule) })) }
      let reduced = try await pool.pool().run(cost: PixelCost.estimate(facts: look.facts)) { thread in
        try ReducedDecode.of(image, on: thread)
      }
      return Verdict(
        codes: reduced.integrity.severity < .fail ? [] : [code(of: reduced.integrity.rule)], wasDecoded: true)
    } catch let error as ImgtoolError {
      return Verdict(
        codes: [code(of: error)], isBusy: error.kind == .busy, isLost: error.context["rule"] == GuardRule.crashed)
    } catch {
      return Verdict(codes: ["lost"])
    }
  }

  static func seconds(_ duration: Duration) -> String {
    let value = duration / .milliseconds(1)
    return value < 1_000 ? "\((value * 10).rounded() / 10) ms" : "\((value / 100).rounded() / 10) s"
  }

  /// Resident bytes of a process, its own and shared (Linux: /proc/pid/statm).
  static func resident(_ process: String = "self") -> Int {
    let text = (try? String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8)) ?? ""
    return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4_096
  }

  /// This process and its decoders.
  static func residentWithChildren() -> Int {
    let own = "\(getpid())"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.filter { Int($0) != nil }.reduce(resident()) { sum, name in
      guard let text = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8),
        let fields = text.split(separator: ")").last?.split(separator: " "), fields.count > 2, fields[1] == own
      else { return sum }
      return sum + resident(name)
    }
  }
}

/// What one file came to.
struct Verdict: Sendable {
  /// Why it is refused, in the words of the manifest.
  var codes: Set<String>
  var wasDecoded = false
  var isBusy = false
  /// Whether a decoder did not survive it.
  var isLost = false
}
