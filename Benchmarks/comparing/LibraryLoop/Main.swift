// SPDX-License-Identifier: Apache-2.0

import ImgtoolProbe

/// `LibraryLoop header|structure < LIST`: the library's own calls over a list of files, one thread, nothing printed
/// but the count.
@main
struct Main {
  static func main() {
    let isDeep = CommandLine.arguments.last == "structure"
    var (files, failures) = (0, 0)
    while let path = readLine() {
      files += 1
      do {
        if isDeep {
          if !(try Structure.check(file: path)).isIntact { failures += 1 }
        } else {
          _ = try Probe.facts(ofFile: path)
        }
      } catch {
        failures += 1
      }
    }
    print("\(files) files, \(failures) failed")
  }
}
