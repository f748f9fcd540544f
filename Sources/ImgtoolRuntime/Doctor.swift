// SPDX-License-Identifier: Apache-2.0

import Foundation
public import ImgtoolCore
public import ImgtoolPixels

/// What this machine has and lacks for the work.
public struct Doctor: Sendable {
  private let pool: SharedPool
  private let environment: [String: String]

  /// - `environment`: the process's variables.
  public init(pool: SharedPool, environment: [String: String]) {
    self.pool = pool
    self.environment = environment
  }

  /// One finding for each thing looked at; `fail` for what nothing works without.
  public func examine() -> [Finding] {
    libraries() + [Isolation.examine(.thisExecutable), allocator(), state(), temporary()]
  }

  private func libraries() -> [Finding] {
    do {
      _ = try pool.pool()
    } catch {
      return [Finding("machine.libvips", .fail, error.description)]
    }
    var findings = [
      Finding("machine.libvips", .pass, "libvips is installed.", measured: .text(Libraries.vipsVersion)),
      Finding("machine.libexif", .pass, "libexif is linked.", measured: .text(Libraries.exifVersion)),
      Finding(
        "machine.cores", .pass, "Pixels are worked on by this many threads.", measured: .count(Machine.cores)),
    ]
    let needed: [ImageFormat] = [.jpeg, .png, .webp, .gif, .tiff, .heif, .avif]
    for format in needed {
      let (loads, saves) = (Libraries.canLoad(format), Libraries.canSave(format))
      let words = loads ? (saves ? "read and written" : "read, not written") : "not read"
      let severity: Finding.Severity = loads ? .pass : format == .jpeg || format == .png ? .fail : .warn
      findings.append(
        Finding(
          "machine.format.\(format.rawValue)", severity, "\(format.rawValue.uppercased()) is \(words) by this libvips.")
      )
    }
    return findings
  }

  /// glibc's arenas grow in long-running services; another allocator or fewer arenas keep memory flat.
  private func allocator() -> Finding {
    let preload = environment["LD_PRELOAD"] ?? ""
    if ["jemalloc", "mimalloc", "tcmalloc"].contains(where: preload.contains) {
      return Finding("machine.allocator", .pass, "Another allocator is preloaded.", measured: .text(preload))
    }
    if let arenas = environment["MALLOC_ARENA_MAX"] {
      return Finding("machine.allocator", .pass, "glibc's arenas are limited.", measured: .text(arenas))
    }
    return Finding(
      "machine.allocator", .note,
      "For long-running services set MALLOC_ARENA_MAX=2 or preload jemalloc: glibc's arenas grow otherwise.")
  }

  /// The folder for what has to survive a crash, after the XDG base directory specification.
  private func state() -> Finding {
    let folder = StateFolder.path(environment)
    do {
      try StateFolder.create(folder)
    } catch {
      return Finding("machine.state", .fail, error.description, measured: .text(folder))
    }
    return Finding("machine.state", .pass, "The journal's folder can be written.", measured: .text(folder))
  }

  private func temporary() -> Finding {
    do {
      let scratch = try Scratch()
      let folder = scratch.path.split(separator: "/").dropLast().map { "/\($0)" }.joined()
      return Finding("machine.temporary", .pass, "Temporary files can be written.", measured: .text(folder))
    } catch {
      return Finding("machine.temporary", .fail, error.description)
    }
  }
}
