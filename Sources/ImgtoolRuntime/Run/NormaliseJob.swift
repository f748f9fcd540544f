// SPDX-License-Identifier: Apache-2.0

import Foundation
package import ImgtoolCore
public import ImgtoolPixels
import ImgtoolProbe

/// Makes files upright on disk: each whole or not at all, under a new name or in place.
public struct NormaliseJob: Sendable {
  /// Where results go.
  public enum Destination: Sendable, Hashable {
    /// One named file.
    case file(String)
    /// A folder; names stay.
    case folder(String)
    /// The file itself, with its permissions and times.
    case inPlace
  }

  public let options: NormaliseOptions
  public let destination: Destination
  /// Whether files already under the new names may be replaced.
  public let replaces: Bool
  private let pool: SharedPool
  /// The largest file taken; it is held in memory twice.
  private static let most = ByteCount.mebibytes(512)

  public init(_ options: NormaliseOptions, to destination: Destination, replaces: Bool, pool: SharedPool) {
    self.options = options
    self.destination = destination
    self.replaces = replaces
    self.pool = pool
  }

  /// Normalises one file.
  ///
  /// Blocks the calling thread: never call it on Swift's pool.
  /// - Throws: what reading, turning and writing throw; the file is untouched then.
  package func run(_ path: String) throws(ImgtoolError) -> (output: String, outcome: NormaliseOutcome) {
    let bytes = try WholeFile.bytes(of: path, most: Self.most)
    let facts = try Probe.facts(of: bytes)
    let normaliser = try Normaliser(options, on: try pool.pool())
    let outcome = try waiting { try await normaliser.normalised(bytes, facts) }
    let target = self.target(of: path)
    if outcome.bytes != nil || destination != .inPlace {
      let file = try AtomicFile(target, replaces: replaces || destination == .inPlace)
      try file.write(outcome.bytes ?? bytes)
      try file.commit(like: destination == .inPlace ? path : nil)
    }
    return (target, outcome)
  }

  private func target(of path: String) -> String {
    switch destination {
    case .file(let target): target
    case .folder(let folder): "\(folder)/\(path.split(separator: "/").last ?? "")"
    case .inPlace: path
    }
  }
}

/// One line of `imgtool normalize --json`: schema version 1.
package struct NormaliseRecord: Sendable {
  package let path: String
  /// Where the result is and what was done, or why nothing was.
  package let result: Result<(output: String, outcome: NormaliseOutcome), ImgtoolError>

  package init(path: String, result: Result<(output: String, outcome: NormaliseOutcome), ImgtoolError>) {
    self.path = path
    self.result = result
  }

  package func write(to line: inout JSONLine) {
    line.object { line in
      line.field("schemaVersion", 1)
      line.field("path", path)
      switch result {
      case .failure(let error):
        line.field("ok", false)
        error.write(to: &line)
      case .success(let (output, outcome)):
        line.field("ok", true)
        line.field("output", output)
        line.field("action", outcome.plan.name)
        line.field("lossless", outcome.isLossless)
        line.field("orientation", outcome.orientation.rawValue)
        line.field("width", outcome.size.width)
        line.field("height", outcome.size.height)
        line.field("summary", outcome.summary)
        line.array("findings", outcome.findings) { $1.write(to: &$0) }
      }
    }
    line.endLine()
  }
}
