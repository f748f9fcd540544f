// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Synchronization

/// One call that changes a disk, before it has had its effect.
struct DiskCall: Sendable {
  enum Kind: String, Sendable { case create, write, truncate, flush, name, remove }

  let kind: Kind
  let path: String
  /// The file it is made on, where it is open.
  var file: Int32?
}

/// Looks at every change of a folder, and may let it fail.
protocol DiskWatcher: AnyObject, Sendable {
  /// What is watched, with everything in it.
  var root: String { get }

  /// - Returns: the errno the call is to fail with, without having had an effect.
  func meets(_ call: DiskCall) -> Int32?
}

/// Who watches which folder.
///
/// The program's own functions come before those of the C library (ELF symbol interposition), for everything in this
/// process: SQLite and Foundation make the same calls.
enum DiskCalls {
  private struct Weak: Sendable { weak var watcher: (any DiskWatcher)? }
  private static let watchers = Mutex<[Weak]>([])
  /// Spares every other write of the process the search.
  private static let isWatching = Atomic(false)

  static func watch(_ watcher: any DiskWatcher) {
    watchers.withLock { $0.append(Weak(watcher: watcher)) }
    isWatching.store(true, ordering: .relaxed)
  }

  fileprivate static func failure(_ kind: DiskCall.Kind, file: Int32) -> Int32? {
    guard isWatching.load(ordering: .relaxed), let path = path(of: file) else { return nil }
    return failure(DiskCall(kind: kind, path: path, file: file))
  }

  fileprivate static func failure(_ kind: DiskCall.Kind, path: UnsafePointer<CChar>?) -> Int32? {
    guard isWatching.load(ordering: .relaxed), let path else { return nil }
    return failure(DiskCall(kind: kind, path: String(cString: path)))
  }

  private static func failure(_ call: DiskCall) -> Int32? {
    let living = watchers.withLock { watchers in
      watchers.removeAll { $0.watcher == nil }
      return watchers.compactMap(\.watcher)
    }
    return living.first { call.path == $0.root || call.path.hasPrefix($0.root + "/") }?.meets(call)
  }

  private static func path(of file: Int32) -> String? {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/fd/\(file)", &buffer, buffer.count - 1)
    return count > 0 ? String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
  }

  /// The library's own function; RTLD_NEXT is a cast in C, which Swift does not import.
  fileprivate static func next<Function>(_ name: String, as type: Function.Type) -> Function? {
    dlsym(UnsafeMutableRawPointer(bitPattern: -1), name).map { unsafeBitCast($0, to: type) }
  }
}

private typealias OnFile = @convention(c) (Int32) -> Int32
private typealias OnName = @convention(c) (UnsafePointer<CChar>?) -> Int32
private typealias OnNames = @convention(c) (UnsafePointer<CChar>?, UnsafePointer<CChar>?) -> Int32
private typealias Writing = @convention(c) (Int32, UnsafeRawPointer?, Int) -> Int
private typealias WritingAt = @convention(c) (Int32, UnsafeRawPointer?, Int, Int) -> Int
private typealias Truncating = @convention(c) (Int32, Int) -> Int32
/// Variadic in C; where the third argument is absent, what stands in its place is passed on and not looked at.
private typealias Opening = @convention(c) (UnsafePointer<CChar>?, Int32, UInt32) -> Int32

private let nextFsync = DiskCalls.next("fsync", as: OnFile.self)
private let nextFdatasync = DiskCalls.next("fdatasync", as: OnFile.self)
private let nextUnlink = DiskCalls.next("unlink", as: OnName.self)
private let nextLink = DiskCalls.next("link", as: OnNames.self)
private let nextRename = DiskCalls.next("rename", as: OnNames.self)
private let nextWrite = DiskCalls.next("write", as: Writing.self)
private let nextPwrite = DiskCalls.next("pwrite64", as: WritingAt.self)
private let nextTruncate = DiskCalls.next("ftruncate64", as: Truncating.self)
private let nextOpen = DiskCalls.next("open", as: Opening.self)
private let nextOpen64 = DiskCalls.next("open64", as: Opening.self)

private func failed<Result: SignedInteger>(_ code: Int32) -> Result {
  errno = code
  return -1
}

@_cdecl("fsync") public func watchedFsync(_ file: Int32) -> Int32 {
  if let code = DiskCalls.failure(.flush, file: file) { return failed(code) }
  return nextFsync?(file) ?? -1
}

@_cdecl("fdatasync") public func watchedFdatasync(_ file: Int32) -> Int32 {
  if let code = DiskCalls.failure(.flush, file: file) { return failed(code) }
  return nextFdatasync?(file) ?? -1
}

@_cdecl("write") public func watchedWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  if let code = DiskCalls.failure(.write, file: file) { return failed(code) }
  return nextWrite?(file, bytes, count) ?? -1
}

@_cdecl("pwrite64") public func watchedPwrite(
  _ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int, _ offset: Int
) -> Int {
  if let code = DiskCalls.failure(.write, file: file) { return failed(code) }
  return nextPwrite?(file, bytes, count, offset) ?? -1
}

@_cdecl("ftruncate64") public func watchedTruncate(_ file: Int32, _ length: Int) -> Int32 {
  if let code = DiskCalls.failure(.truncate, file: file) { return failed(code) }
  return nextTruncate?(file, length) ?? -1
}

@_cdecl("unlink") public func watchedUnlink(_ path: UnsafePointer<CChar>?) -> Int32 {
  if let code = DiskCalls.failure(.remove, path: path) { return failed(code) }
  return nextUnlink?(path) ?? -1
}

@_cdecl("link") public func watchedLink(_ path: UnsafePointer<CChar>?, _ target: UnsafePointer<CChar>?) -> Int32 {
  if let code = DiskCalls.failure(.name, path: target) { return failed(code) }
  return nextLink?(path, target) ?? -1
}

@_cdecl("rename") public func watchedRename(_ path: UnsafePointer<CChar>?, _ target: UnsafePointer<CChar>?) -> Int32 {
  if let code = DiskCalls.failure(.name, path: target) { return failed(code) }
  return nextRename?(path, target) ?? -1
}

@_cdecl("open") public func watchedOpen(_ path: UnsafePointer<CChar>?, _ flags: Int32, _ mode: UInt32) -> Int32 {
  if flags & O_CREAT != 0, let code = DiskCalls.failure(.create, path: path) { return failed(code) }
  return nextOpen?(path, flags, mode) ?? -1
}

@_cdecl("open64") public func watchedOpen64(_ path: UnsafePointer<CChar>?, _ flags: Int32, _ mode: UInt32) -> Int32 {
  if flags & O_CREAT != 0, let code = DiskCalls.failure(.create, path: path) { return failed(code) }
  return nextOpen64?(path, flags, mode) ?? -1
}
