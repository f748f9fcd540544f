// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolRuntime

/// Runs a check over many files and prints a record for each: a table for people, NDJSON for programs.
struct BulkReport {
  private let options: BulkOptions
  private let isFailFast: Bool

  init(_ options: BulkOptions, failFast: Bool = false) {
    self.options = options
    isFailFast = failFast
  }

  /// What one batch of paths came to.
  private struct Batch: Sendable {
    var output: [UInt8]
    var summary: BulkSummary
  }

  /// Works through the list.
  ///
  /// - Throws: `.input` exit status when any record failed, `.cancelled` when interrupted; the summary is printed
  ///   before.
  func run(_ record: @escaping @Sendable (String) -> InputRecord) throws {
    let walk = try options.files().makeWalk(stop: Interruption.flag)
    let totals = Totals()
    let progress = ProgressLine(isQuiet: options.quiet || Console.isOutputTerminal)
    let (isJSON, isQuiet, stopsAtFailure) = (options.json, options.quiet, isFailFast)
    var bulk = options.bulk
    if stopsAtFailure { bulk.batchSize = 1 }
    bulk.run(over: walk, stop: Interruption.flag) { paths in
      var line = JSONLine()
      var batch = Batch(output: [], summary: BulkSummary())
      for path in paths where !Interruption.flag.isSet {
        let record = record(path)
        batch.summary.count(record)
        if isJSON {
          record.write(to: &line)
        } else if !isQuiet || !record.isInOrder {
          batch.output += Array(RecordTable.rows(of: record).utf8)
        }
      }
      if isJSON { batch.output = line.bytes }
      return batch
    } emit: { batch, share in
      // Work that was begun before the first failure was known is not told of.
      if stopsAtFailure, totals.summary.failed > 0 { return false }
      Console.write(batch.output)
      let sum = totals.add(batch.summary)
      progress.show(count: sum.files, share: share, failed: sum.failed)
      return !(stopsAtFailure && sum.failed > 0)
    }
    progress.end()
    try finish(totals.summary)
  }

  private func finish(_ summary: BulkSummary) throws {
    let isInterrupted = Interruption.flag.isSet && !(isFailFast && summary.failed > 0)
    if summary.files > 1 || isInterrupted, !options.quiet { Console.note(summary.description) }
    if isInterrupted { throw ImgtoolError(.cancelled, "Stopped after \(summary.files) files.") }
    if summary.failed > 0 { Foundation.exit(ImgtoolError.Kind.input.exitCode) }
    if summary.files == 0, options.resumeFrom == nil { throw ImgtoolError(.input, "There are no images to look at.") }
  }
}

/// The running sum; results arrive from one thread at a time, and the last one is read after all have.
private final class Totals: @unchecked Sendable {
  private(set) var summary = BulkSummary()

  func add(_ other: BulkSummary) -> BulkSummary {
    summary.add(other)
    return summary
  }
}
