// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolProbe

/// The folder that gets the results of a zip.
struct OutputFolder: ~Copyable {
  let path: String
  private let isNew: Bool

  /// Makes the folder where it is absent; one that was made and stays empty goes again.
  ///
  /// - Throws: `.storage`.
  init(_ path: String) throws(ImgtoolError) {
    self.path = path
    isNew = mkdir(path, 0o777) == 0
    guard !isNew else { return }
    guard errno == EEXIST else { throw storageError("\(path.escaped) cannot be made", errno) }
    var found = stat()
    guard stat(path, &found) == 0, found.st_mode & S_IFMT == S_IFDIR else {
      throw ImgtoolError(.storage, "\(path.escaped) is no folder; a zip gives one file for each of its pictures.")
    }
  }

  deinit {
    // Only an empty folder lets itself be removed.
    if isNew { rmdir(path) }
  }

  /// Finds a name that is taken, or that cannot be written, before anything is spent.
  ///
  /// - Throws: `.storage`.
  func demandRoom(for plan: Plan) throws(ImgtoolError) { _ = try AtomicFile(plan.output, replaces: plan.replaces) }

  /// Puts a result under its name, or under a rejected one beside it.
  ///
  /// The same bytes under the name already are the result of an earlier process that was stopped between two files.
  /// - Returns: the path it has.
  /// - Throws: `.storage`, where another file has the name and may not be replaced.
  func place(_ source: String, as name: String, isRejected: Bool, replaces: Bool) throws(ImgtoolError) -> String {
    let target = isRejected ? OutputName.variant(of: name, index: 0, isRejected: true) : name
    if !isRejected, !replaces, FileManager.default.contentsEqual(atPath: source, andPath: target) { return target }
    let file = try AtomicFile(target, replaces: replaces && !isRejected)
    try file.copy(from: source)
    try file.commit()
    return target
  }

  /// Keeps a result that belongs to no picture.
  ///
  /// - Returns: the path it has.
  /// - Throws: `.storage`.
  func keepStray(_ bytes: ImageBytes, number: Int) throws(ImgtoolError) -> String {
    let facts: ImageFacts? =
      switch bytes {
      case .memory(let bytes): try? Probe.facts(of: bytes)  // only for the name
      case .file(let source): try? Probe.facts(ofFile: source)
      }
    let name = "\(path)/result-\(number)" + (facts.map { ".\($0.format.extensions[0])" } ?? "")
    let target = OutputName.variant(of: name, index: 0, isRejected: true)
    let file = try AtomicFile(target, replaces: false)
    switch bytes {
    case .memory(let bytes): try file.write(bytes)
    case .file(let source): try file.copy(from: source)
    }
    try file.commit()
    return target
  }
}
