// SPDX-License-Identifier: Apache-2.0

import Foundation
package import ImgtoolCore

/// The paths an earlier run already has records of; eight bytes a path, whatever its length.
package struct DoneList: Sendable {
  private var hashes: Set<Int> = []

  package var count: Int { hashes.count }

  /// Reads the NDJSON of an earlier run; a last line that was cut off is passed over.
  ///
  /// - Throws: `.input` when the file cannot be read, `.usage` when a whole line is no record.
  package init(records path: String) throws(ImgtoolError) {
    let lines = try LineReader(path: path)
    var held: String?
    while let line = lines.next(10) {
      if let held { try insert(held, from: path) }
      held = line
    }
    // The last line may have been cut by whatever ended that run.
    if let held, let done = Self.path(in: held) { hashes.insert(done.hashValue) }
  }

  package func contains(_ path: String) -> Bool { hashes.contains(path.hashValue) }

  private mutating func insert(_ line: String, from path: String) throws(ImgtoolError) {
    guard let done = Self.path(in: line) else {
      throw ImgtoolError(.usage, "\(path.escaped) holds a line that is no record of imgtool.")
    }
    hashes.insert(done.hashValue)
  }

  private struct Record: Decodable { let path: String }

  /// The path of a record; plain ones are cut out, escaped ones decoded.
  static func path(in line: String) -> String? {
    let start = #"{"schemaVersion":1,"path":""#
    if line.hasPrefix(start), line.hasSuffix("}") {
      let rest = line.utf8.dropFirst(start.utf8.count)
      if let end = rest.firstIndex(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }),
        rest[end] == UInt8(ascii: "\"")
      {
        return String(rest[..<end])
      }
    }
    // Anything else is decoded, and what cannot be decoded is no record.
    return try? JSONDecoder().decode(Record.self, from: Data(line.utf8)).path
  }
}
