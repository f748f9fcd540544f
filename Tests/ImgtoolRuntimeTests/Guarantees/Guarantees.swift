// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What is promised about money and results, each promise tried as often as its figure asks and printed as a table.
///
/// A part of the cases runs always; all of them with `make guarantees`, which sets IMGTOOL_FULL. IMGTOOL_SEED draws other
/// random cases.
@Suite(.timeLimit(.minutes(60))) struct Guarantees {}

/// How much is tried, and what came of it.
enum Trial {
  static let isFull = ProcessInfo.processInfo.environment["IMGTOOL_FULL"] != nil
  static let seed = ProcessInfo.processInfo.environment["IMGTOOL_SEED"].flatMap { UInt64($0) } ?? 11

  /// All cases where everything is asked for, else so many of them, evenly spread.
  static func part<Case>(_ all: [Case], _ few: Int) -> [Case] {
    guard !isFull, all.count > few else { return all }
    return (0..<few).map { all[$0 * all.count / few] }
  }

  static func count(_ all: Int, _ few: Int) -> Int { isFull ? all : few }

  /// Tries every case, some at a time, and counts what came of them.
  static func each<Case: Sendable>(
    _ cases: [Case], atOnce: Int = 4, _ body: @escaping @Sendable (Case) async throws -> String
  ) async throws -> [String: Int] {
    try await withThrowingTaskGroup(of: String.self) { group in
      var counts: [String: Int] = [:]
      for (index, one) in cases.enumerated() {
        if index >= atOnce, let ending = try await group.next() { counts[ending, default: 0] += 1 }
        group.addTask { try await body(one) }
      }
      for try await ending in group { counts[ending, default: 0] += 1 }
      return counts
    }
  }

  /// Prints a table in one piece: a title with the seed, then names and figures.
  static func print(_ title: String, _ rows: [(String, any Sendable)]) {
    let width = rows.map(\.0.count).max() ?? 0
    let lines = rows.map { "  " + $0.0.padding(toLength: width + 2, withPad: " ", startingAt: 0) + "\($0.1)" }
    Swift.print((["\(title)  [\(isFull ? "all" : "a part"), seed \(seed)]"] + lines).joined(separator: "\n"))
  }

  /// The same of counts.
  static func print(_ title: String, _ counts: [String: Int]) {
    print(title, [("cases", counts.values.reduce(0, +))] + counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
  }
}
