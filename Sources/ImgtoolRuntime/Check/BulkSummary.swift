// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore

/// What a run over many files came to: files, failures, bytes, and how often each rule spoke.
package struct BulkSummary: Sendable {
  package private(set) var files = 0
  package private(set) var failed = 0
  package private(set) var bytes = 0
  package private(set) var rules: [String: Int] = [:]
  private let started = ContinuousClock.now

  package init() {}

  package mutating func count(_ record: InputRecord) {
    files += 1
    if !record.isInOrder { failed += 1 }
    switch record.facts {
    case .success(let facts): bytes += facts.fileBytes.bytes
    case .failure(let error): rules["error.\(error.kind.rawValue)", default: 0] += 1
    }
    for finding in record.check?.findings ?? [] where finding.severity > .pass {
      rules[finding.rule, default: 0] += 1
    }
  }

  package mutating func add(_ other: BulkSummary) {
    files += other.files
    failed += other.failed
    bytes += other.bytes
    rules.merge(other.rules) { $0 + $1 }
  }
}

extension BulkSummary: CustomStringConvertible {
  package var description: String {
    let seconds = max(0.001, (ContinuousClock.now - started) / .seconds(1))
    var text = "\(files) files, \(ByteCount(bytes)), \(failed) failed, \(Int(Double(files) / seconds)) files/s"
    for (rule, count) in rules.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      text += "\n\(String(repeating: " ", count: max(1, 8 - String(count).count)))\(count)  \(rule)"
    }
    return text
  }
}
