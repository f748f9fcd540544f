// SPDX-License-Identifier: Apache-2.0
import CSandbox
import Foundation
import ImgtoolCore

/// One end of the stream between a process and its decoder: messages of JSON behind their length, descriptors beside.
struct WorkerChannel: ~Copyable {
  /// The longest message either side takes.
  static let mostBytes = 4 << 20

  /// Why nothing was received.
  enum Fault: Error {
    /// The other end is gone.
    case closed
    /// What came is no message.
    case nonsense
    case late
  }

  let descriptor: Int32
  private var buffer: [UInt8] = []
  private var descriptors: [Int32] = []

  init(owning descriptor: Int32) { self.descriptor = descriptor }

  deinit {
    for descriptor in descriptors { close(descriptor) }
    close(descriptor)
  }

  /// Sends a message.
  ///
  /// - Returns: whether the other end took it.
  func send(_ message: some Encodable, beside descriptors: [Int32] = []) -> Bool {
    guard let body = try? JSONEncoder().encode(message), body.count <= Self.mostBytes else { return false }
    var frame = withUnsafeBytes(of: UInt32(body.count).littleEndian) { Array($0) }
    frame += body
    return csandbox_send(descriptor, frame, frame.count, descriptors, Int32(descriptors.count)) == 0
  }

  /// The next message, and the descriptors that came with it, which become the caller's.
  ///
  /// - Parameter milliseconds: how long to wait for more of it; nothing for ever.
  /// - Throws: `.late` where none is complete by then; calling again goes on.
  mutating func receive<Message: Decodable>(
    _ type: Message.Type, within milliseconds: Int32?
  ) throws(Fault) -> (message: Message, descriptors: [Int32]) {
    while true {
      if let body = try takeFrame() {
        guard let message = try? JSONDecoder().decode(type, from: body) else { throw .nonsense }
        defer { descriptors = [] }
        return (message, descriptors)
      }
      if let milliseconds, csandbox_is_ready(descriptor, milliseconds) == 0 { throw .late }
      try fill(waits: milliseconds == nil)
    }
  }

  private mutating func takeFrame() throws(Fault) -> Data? {
    guard buffer.count >= 4 else { return nil }
    let length = buffer.withUnsafeBytes { Int(UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self))) }
    guard length <= Self.mostBytes else { throw .nonsense }
    guard buffer.count >= 4 + length else { return nil }
    defer { buffer.removeFirst(4 + length) }
    return Data(buffer[4..<4 + length])
  }

  private mutating func fill(waits: Bool) throws(Fault) {
    var (first, second): (Int32, Int32) = (-1, -1)
    var received: Int32 = 0
    var got = 0
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64 << 10) { room in
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: 2) { held in
        guard let bytes = room.baseAddress, let places = held.baseAddress else { return }
        held.initialize(repeating: -1)
        got = csandbox_receive(descriptor, bytes, room.count, places, &received, waits ? 1 : 0)
        (first, second) = (held[0], held[1])
        if got > 0 { buffer += UnsafeBufferPointer(rebasing: UnsafeBufferPointer(room)[..<got]) }
      }
    }
    descriptors += [first, second].prefix(Int(received))
    guard got != 0 else { throw .closed }
    if got < 0, errno != EAGAIN { throw .closed }
    // Nobody sends more than two: what piles up is a fault of the other side.
    guard descriptors.count <= 2 else { throw .nonsense }
  }
}
