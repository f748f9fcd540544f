// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A file in the temporary folder, gone when the test is over.
struct TemporaryFile: ~Copyable {
  let path: String

  init(_ bytes: [UInt8], named name: String = "picture") throws {
    path = try Self.write(bytes, named: name)
  }

  private static func write(_ bytes: [UInt8], named name: String) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("probe-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let place = folder.appendingPathComponent(name)
    try Data(bytes).write(to: place)
    return place.path
  }

  deinit {
    // A folder that cannot be removed is the system's to clean.
    try? FileManager.default.removeItem(at: URL(fileURLWithPath: path).deletingLastPathComponent())
  }
}
