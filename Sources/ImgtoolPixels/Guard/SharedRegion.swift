// SPDX-License-Identifier: Apache-2.0
import CSandbox
import ImgtoolCore

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// Bytes that two processes see: memory of a size that neither can change, or a file mapped for reading.
///
/// The other process may change what is in it at any time: whoever needs bytes that stay takes a copy.
// The pointer never changes, and the memory ends with the object.
package final class SharedRegion: @unchecked Sendable {
  let descriptor: Int32
  let count: Int
  private let start: UnsafeMutableRawPointer

  /// Shared memory of `count` bytes, of which only what is written takes room.
  ///
  /// - Throws: `.fault` where the system has none.
  init(count: Int) throws(ImgtoolError) {
    let descriptor = csandbox_memory(max(count, 1))
    guard descriptor >= 0 else { throw Self.failure() }
    guard let start = csandbox_map(descriptor, max(count, 1), 1) else {
      let failure = Self.failure()
      close(descriptor)
      throw failure
    }
    (self.descriptor, self.count, self.start) = (descriptor, max(count, 1), start)
  }

  /// Shared memory that holds a copy of `bytes`.
  convenience init(copying bytes: [UInt8]) throws(ImgtoolError) {
    try self.init(count: bytes.count)
    writable.copyBytes(from: bytes)
  }

  /// The file or memory behind a descriptor, which is taken over.
  ///
  /// - Parameter mayWrite: Memory to be filled; a file is only read.
  /// - Throws: `.fault`, `.input` for an empty file.
  init(mapping descriptor: Int32, mayWrite: Bool) throws(ImgtoolError) {
    let length = Int(csandbox_length(descriptor))
    guard length > 0, let start = csandbox_map(descriptor, length, mayWrite ? 1 : 0) else {
      let failure = length > 0 ? Self.failure() : ImgtoolError(.input, "The file is empty.")
      close(descriptor)
      throw failure
    }
    (self.descriptor, self.count, self.start) = (descriptor, length, start)
  }

  deinit {
    csandbox_unmap(start, count)
    close(descriptor)
  }

  /// All bytes; good while the region lives.
  package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }
  /// All bytes of memory to be filled; good while the region lives.
  var writable: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: start, count: count) }

  /// A copy of a part; nothing where it does not lie inside.
  func copy(at offset: Int, _ length: Int) -> [UInt8]? {
    guard offset >= 0, length >= 0, length <= count, offset <= count - length else { return nil }
    return [UInt8](UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length]))
  }

  private static func failure() -> ImgtoolError {
    ImgtoolError(.fault, "There is no shared memory: \(String(cString: strerror(errno))).", retry: .later)
  }
}
