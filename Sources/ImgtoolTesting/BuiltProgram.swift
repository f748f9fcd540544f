// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The programs that were built beside the running tests.
package enum BuiltProgram {
  /// The path of `imgtool`: `IMGTOOL_EXECUTABLE`, or the build folder the tests run from; nothing where it is absent.
  package static let imgtool: String? = {
    if let named = ProcessInfo.processInfo.environment["IMGTOOL_EXECUTABLE"] { return named }
    let candidates = Bundle.allBundles.map(\.bundlePath) + CommandLine.arguments.prefix(1)
    for candidate in candidates {
      var folder = URL(fileURLWithPath: candidate).resolvingSymlinksInPath()
      while folder.path != "/" {
        folder.deleteLastPathComponent()
        let program = folder.appendingPathComponent("imgtool").path
        if FileManager.default.isExecutableFile(atPath: program), !isFolder(program) { return program }
      }
    }
    return nil
  }()

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }
}
