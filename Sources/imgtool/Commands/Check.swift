// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import ImgtoolCore
import ImgtoolPixels
import ImgtoolRuntime

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Judge images against a policy before anything is spent on them.",
    discussion: """
      Example: imgtool check --policy runflow-smart-resize --ratio 16:9 --res 2K --recursive photos/

      With a frame it also advises: already framed, too small, would fit re-encoded. The exit code is 65 if any input \
      is unreadable or fails the policy.
      """)

  @OptionGroup var options: BulkOptions
  @OptionGroup(title: "Policy") var policy: PolicyOptions
  @OptionGroup(title: "Frame to be ordered") var frame: FrameOptions

  @OptionGroup(title: "Decoding") var decoding: DecodingOptions

  @Option(help: "How deep to look: header, structure, pixels.")
  var depth: CheckDepth = .header

  @Flag(help: "Stop at the first failure.")
  var failFast = false

  func run() throws {
    let policy = try policy.policy(orNamed: "runflow-smart-resize")
    try decoding.arrange(isExposed: options.isBatch, policy: policy)
    var limited = policy
    limited.decoding = Backends.pool.decoding
    let check = InputCheck(
      limited, depth: depth, request: try frame.request(),
      pool: Backends.pool)
    try BulkReport(options, failFast: failFast).run { check.record(of: $0) }
  }
}
