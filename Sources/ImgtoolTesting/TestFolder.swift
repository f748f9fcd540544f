// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A new folder for one test, removed with everything in it when the last reference goes.
public final class TestFolder: Sendable {
  public let path: String

  /// Makes the folder in the system's place for temporary files.
  ///
  /// - Throws: what the file manager throws.
  public init() throws {
    let place = FileManager.default.temporaryDirectory.appendingPathComponent("imgtool-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    // Links in the way, as /tmp on macOS, would make names differ from those the tool prints.
    path = place.resolvingSymlinksInPath().path
  }

  deinit {
    // The system cleans its temporary files itself.
    try? FileManager.default.removeItem(atPath: path)
  }

  /// The path of a name inside.
  public func path(_ name: String) -> String { path + "/" + name }

  /// Writes a file, and the folders it lies in, and gives back its path.
  @discardableResult
  public func write(_ bytes: [UInt8], as name: String) throws -> String {
    let place = URL(fileURLWithPath: path(name))
    try FileManager.default.createDirectory(
      at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: place)
    return place.path
  }

  /// The bytes of a file; nothing where there is none.
  public func read(_ name: String) -> [UInt8]? { FileManager.default.contents(atPath: path(name)).map { [UInt8]($0) } }

  /// Every name in the folder and below, in order, hidden ones too.
  public var names: [String] { (FileManager.default.subpaths(atPath: path) ?? []).sorted() }
}
