// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CVips

@main
struct Imgtool: ParsableCommand {
  @Flag var vips = false
  func run() throws {
    if vips { print(cvips_init(), String(cString: cvips_version())) } else { print("x") }
  }
}
