// SPDX-License-Identifier: Apache-2.0

/// The bytes of one image, in memory or in a file, seen through a window that is moved by reading.
///
/// Memory is seen whole and never copied. Of a file, `capacity` bytes are resident at most; asking for a place outside
/// them reads `stride` bytes there, so that hopping from segment to segment costs one small read each and a walk
/// through the whole file takes constant memory. A pointer is good until the next call.
struct ByteWindow: ~Copyable {
  /// Bytes of the whole source.
  let length: Int
  /// Bytes that a read outside the window fetches, `capacity` at most.
  var stride: Int
  private var resident: UnsafeRawPointer
  private var first: Int
  private var count: Int
  private let descriptor: Int32
  private let buffer: UnsafeMutableRawPointer?
  private let capacity: Int

  /// Sees memory that outlives the window.
  init(of bytes: UnsafeRawBufferPointer) throws(HeaderFault) {
    guard let start = bytes.baseAddress, !bytes.isEmpty else { throw .malformed("it is empty") }
    length = bytes.count
    stride = bytes.count
    resident = start
    first = 0
    count = bytes.count
    descriptor = -1
    buffer = nil
    capacity = bytes.count
  }

  /// Sees a regular file of `length` bytes, and reads its first `head` bytes at once.
  init(descriptor: Int32, length: Int, capacity: Int, head: Int, stride: Int) throws(HeaderFault) {
    let buffer = UsedBuffers.take(capacity)
    self.length = length
    self.stride = min(stride, capacity)
    self.descriptor = descriptor
    self.buffer = buffer
    self.capacity = capacity
    resident = UnsafeRawPointer(buffer)
    first = 0
    count = 0
    count = try SystemCall.read(descriptor, into: buffer, count: min(head, capacity, length), at: 0)
  }

  deinit {
    if let buffer { UsedBuffers.give(buffer, capacity) }
  }

  /// A pointer to `need` bytes at `offset`.
  ///
  /// - Throws: `truncated` where the source ends before them.
  @inline(__always)
  mutating func bytes(at offset: Int, _ need: Int) throws(HeaderFault) -> UnsafeRawPointer {
    let place = offset &- first
    if place >= 0, need <= count &- place { return resident + place }
    return try load(offset, need)
  }

  /// Everything resident from `offset` on, at least one byte; for scans that take what is there.
  @inline(__always)
  mutating func run(at offset: Int) throws(HeaderFault) -> UnsafeRawBufferPointer {
    let start = try bytes(at: offset, 1)
    return UnsafeRawBufferPointer(start: start, count: count &- (offset &- first))
  }

  /// Moves the window so that it begins at `offset`.
  @inline(never)
  private mutating func load(_ offset: Int, _ need: Int) throws(HeaderFault) -> UnsafeRawPointer {
    let (end, overflow) = offset.addingReportingOverflow(need)
    guard offset >= 0, need >= 0, !overflow else { throw .truncated(atLeast: Int.max) }
    guard end <= length else { throw .truncated(atLeast: end) }
    guard let buffer, need <= capacity else {
      throw .malformed("a part of \(need) bytes is larger than this reader takes")
    }
    let wanted = min(max(need, stride), length - offset, capacity)
    count = 0
    first = offset
    count = try SystemCall.read(descriptor, into: buffer, count: wanted, at: offset)
    // The file was cut short after it was measured.
    guard count >= need else { throw .truncated(atLeast: end) }
    return resident
  }
}

extension ByteWindow {
  /// The byte at `offset`.
  @inline(__always)
  mutating func byte(at offset: Int) throws(HeaderFault) -> Int {
    Int(try bytes(at: offset, 1).load(as: UInt8.self))
  }

  @inline(__always)
  mutating func big16(at offset: Int) throws(HeaderFault) -> Int { try bytes(at: offset, 2).big16 }

  @inline(__always)
  mutating func big32(at offset: Int) throws(HeaderFault) -> Int { try bytes(at: offset, 4).big32 }

  @inline(__always)
  mutating func little16(at offset: Int) throws(HeaderFault) -> Int { try bytes(at: offset, 2).little16 }

  @inline(__always)
  mutating func little32(at offset: Int) throws(HeaderFault) -> Int { try bytes(at: offset, 4).little32 }

  /// An unsigned 64-bit number; what does not fit an `Int` becomes `Int.max`, which is past the end of any source.
  mutating func big64(at offset: Int) throws(HeaderFault) -> Int {
    let value = UInt64(bigEndian: try bytes(at: offset, 8).loadUnaligned(as: UInt64.self))
    return Int(exactly: value) ?? Int.max
  }

  /// An unsigned 64-bit number; what does not fit an `Int` becomes `Int.max`, which is past the end of any source.
  mutating func little64(at offset: Int) throws(HeaderFault) -> Int {
    let value = UInt64(littleEndian: try bytes(at: offset, 8).loadUnaligned(as: UInt64.self))
    return Int(exactly: value) ?? Int.max
  }
}

/// Unaligned unsigned numbers of files.
extension UnsafeRawPointer {
  @inline(__always) var big16: Int { Int(UInt16(bigEndian: loadUnaligned(as: UInt16.self))) }
  @inline(__always) var big32: Int { Int(UInt32(bigEndian: loadUnaligned(as: UInt32.self))) }
  @inline(__always) var little16: Int { Int(UInt16(littleEndian: loadUnaligned(as: UInt16.self))) }
  @inline(__always) var little32: Int { Int(UInt32(littleEndian: loadUnaligned(as: UInt32.self))) }
  @inline(__always) var little24: Int { little16 | Int(load(fromByteOffset: 2, as: UInt8.self)) << 16 }
  @inline(__always) func byte(_ index: Int) -> Int { Int(load(fromByteOffset: index, as: UInt8.self)) }

  /// Whether these bytes are the ASCII text `text`; as many bytes must be readable.
  @inline(__always)
  func matches(_ text: StaticString) -> Bool {
    let other = UnsafeRawPointer(text.utf8Start)
    for index in 0..<text.utf8CodeUnitCount where byte(index) != other.byte(index) { return false }
    return true
  }
}

/// The big-endian number of a four-letter code, for example "IHDR".
@inline(__always)
func fourCC(_ text: StaticString) -> Int {
  UnsafeRawPointer(text.utf8Start).big32
}
