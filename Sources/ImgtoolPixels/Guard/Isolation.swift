// SPDX-License-Identifier: Apache-2.0
public import ImgtoolCore

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// Where strangers' bytes are decoded.
public enum Isolation: Sendable, Hashable {
  /// In this process: fastest for one file, and a decoder that crashes takes the process with it.
  case none
  /// In processes that do nothing else and may be lost: for servers, batches, and anything from the network.
  case process(WorkerProgram)
}

/// The program that decodes: an executable that calls `DecodeWorker.run()` when it is started with `arguments`.
///
/// `imgtool` does so itself. A service that embeds the library calls `DecodeWorker.runIfAsked()` first thing in its own
/// `main`, or names an installed `imgtool`.
public struct WorkerProgram: Sendable, Hashable {
  /// The path of the executable.
  public var path: String
  /// What it is started with.
  public var arguments: [String]

  public init(path: String, arguments: [String] = [WorkerProgram.word]) {
    self.path = path
    self.arguments = arguments
  }

  /// The argument that turns a program into a decoder.
  public static let word = "decode-worker"

  /// The running executable itself, which has to call `DecodeWorker.runIfAsked()`.
  public static var thisExecutable: WorkerProgram {
    #if os(Linux)
      // The path of a program that was replaced by a newer one leads nowhere, this link still to the one that runs.
      return WorkerProgram(path: "/proc/self/exe")
    #else
      return WorkerProgram(path: CommandLine.arguments.first ?? "")
    #endif
  }

  /// Whether decoders can be started here at all.
  ///
  /// - Throws: `.unsupported` with what is missing.
  public func check() throws(ImgtoolError) {
    #if os(Linux)
      guard access(path, X_OK) == 0 else {
        throw ImgtoolError(
          .unsupported,
          "There is no program to decode with at \(path): name an installed imgtool, or decode without isolation.")
      }
    #else
      throw ImgtoolError(.unsupported, "Decoding in a process of its own needs Linux: decode without isolation.")
    #endif
  }
}

extension Isolation {
  /// Starts a decoder and says whether it is there and what it is kept from.
  public static func examine(_ program: WorkerProgram) -> Finding {
    do {
      let worker = try Worker(program, formats: Set(DecodeLimits().formats), limits: DecodeLimits())
      defer { worker.end() }
      guard worker.isLocked else {
        return Finding(
          "machine.isolation", .warn,
          "Decoders run in processes of their own, but this kernel does not keep them from files and sockets (seccomp)."
        )
      }
      return Finding(
        "machine.isolation", .pass, "Decoders run in processes without files, sockets and programs.",
        measured: .text("seccomp"))
    } catch {
      return Finding("machine.isolation", .warn, error.description)
    }
  }
}
