// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Synchronization

/// A folder whose flushes are watched: what of it a power cut would leave, and what happens when a flush fails.
///
/// A file keeps what it held at its last fsync(2), and a name is there from the fsync of its folder on (POSIX.1-2017,
/// fsync, rationale). Killing a process loses nothing of that, so only this sees a flush that was forgotten.
final class WatchedDisk: DiskWatcher {
  private struct State {
    /// Contents by inode, and names by folder, both as of the last flush.
    var files: [UInt64: Data] = [:]
    var folders: [UInt64: [String: UInt64]] = [:]
    var flushes = 0
    var fails: (at: Int, code: Int32)?
  }

  let root: String
  private let state = Mutex(State())

  init(_ root: String) {
    self.root = root
    DiskCalls.watch(self)
  }

  /// Flushes so far, the failed one included.
  var flushes: Int { state.withLock { $0.flushes } }

  /// Lets one flush from now on fail, counted from 0.
  func fail(at flush: Int, code: Int32) {
    state.withLock { state in
      state.flushes = 0
      state.fails = (flush, code)
    }
  }

  /// Writes what a power cut would leave into another folder.
  func cut(into target: String) throws {
    let (files, folders) = state.withLock { ($0.files, $0.folders) }
    func write(_ folder: UInt64, _ path: String) throws {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      for (name, inode) in folders[folder] ?? [:] {
        if folders[inode] != nil {
          try write(inode, "\(path)/\(name)")
        } else {
          try (files[inode] ?? Data()).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        }
      }
    }
    try write(Self.look(root)?.inode ?? 0, target)
  }

  // MARK: what is flushed

  func meets(_ call: DiskCall) -> Int32? {
    guard call.kind == .flush, let file = call.file else { return nil }
    return note(file, call.path)
  }

  private func note(_ file: Int32, _ path: String) -> Int32? {
    state.withLock { state in
      defer { state.flushes += 1 }
      if let fails = state.fails, fails.at == state.flushes { return fails.code }
      guard let found = Self.look("/proc/self/fd/\(file)") else { return nil }
      if found.isFolder {
        var names: [String: UInt64] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
          guard let entry = Self.look("\(path)/\(name)") else { continue }
          names[name] = entry.inode
          if entry.isFolder, state.folders[entry.inode] == nil { state.folders[entry.inode] = [:] }
        }
        state.folders[found.inode] = names
      } else {
        // The file may have no name any more.
        state.files[found.inode] = FileManager.default.contents(atPath: "/proc/self/fd/\(file)")
      }
      return nil
    }
  }

  private static func look(_ path: String) -> (inode: UInt64, isFolder: Bool)? {
    let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    guard let found = try? FileManager.default.attributesOfItem(atPath: target),  // gone is nothing
      let inode = found[.systemFileNumber] as? NSNumber
    else { return nil }
    return (inode.uint64Value, found[.type] as? FileAttributeType == .typeDirectory)
  }
}
