// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import ImgtoolCore
import ImgtoolPixels

/// Where and within which limits files are decoded; for every command that does.
struct DecodingOptions: ParsableArguments {
  enum Place: String, ExpressibleByArgument, CaseIterable {
    case process, none
  }

  @Option(
    help: ArgumentHelp(
      "Decode in processes that may be lost, or in this one; unset, in processes for batches and the network.",
      valueName: "process|none"))
  var isolate: Place?

  @Flag(help: "Decode JPEGs that libjpeg warns about, as some cameras write them; damage then goes unnoticed.")
  var acceptJpegWarnings = false

  @Option(
    name: .customLong("limit"),
    help: ArgumentHelp(
      "A limit of decoding: \(Self.names.joined(separator: ", ")); sizes in bytes. May be repeated.",
      valueName: "name=n"))
  var limits: [String] = []

  private static let prefix = "maximum"
  private static let names = DecodeLimits.names.map { $0.dropFirst(prefix.count).lowercased() }

  func validate() throws { _ = try decoding(beginningWith: DecodeLimits()) }

  /// Sets up how this run decodes; before the pool is first used.
  ///
  /// - Parameter isExposed: whether processes are wanted where nobody says.
  /// - Parameter policy: whose limits these options change.
  func arrange(isExposed: Bool, policy: InputPolicy? = nil) throws {
    #if os(Linux)
      let place = isolate ?? (isExposed ? .process : .none)
    #else
      let place = isolate ?? .none
    #endif
    var pool = VipsPool.Limits()
    pool.decoding = try decoding(beginningWith: policy?.decoding ?? DecodeLimits())
    pool.isolation = place == .process ? .process(.thisExecutable) : .none
    Backends.arrange(pool)
  }

  /// The limits as these options change them.
  func decoding(beginningWith start: DecodeLimits) throws -> DecodeLimits {
    var decoding = start
    if acceptJpegWarnings { decoding.acceptsJPEGWarnings = true }
    for limit in limits {
      let parts = limit.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, let place = Self.names.firstIndex(of: parts[0]), let value = Int(parts[1]), value >= 1
      else {
        throw ValidationError(
          "\(limit) is no limit: write name=n with one of \(Self.names.joined(separator: ", ")) and 1 or more.")
      }
      decoding[DecodeLimits.names[place]] = value
    }
    return decoding
  }
}
