// SPDX-License-Identifier: Apache-2.0
#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The few system calls of this module.
enum SystemCall {
  /// Opens a regular file for reading and says how long it is.
  ///
  /// A FIFO or a device never blocks, a terminal never becomes the controlling one, a child never inherits it.
  static func open(_ path: String) throws(HeaderFault) -> Int32 {
    // A C string would end at the NUL and name another file.
    guard path.withCString({ strlen($0) }) == path.utf8.count else { throw .unreadable(ENOENT) }
    while true {
      #if canImport(Darwin)
        let descriptor = Darwin.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
      #elseif canImport(Musl)
        let descriptor = Musl.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
      #else
        let descriptor = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
      #endif
      if descriptor >= 0 { return descriptor }
      let code = errno
      // Opening a socket, or a device with no driver behind it, is refused with ENXIO or ENODEV.
      if code == ENXIO || code == ENODEV { throw .malformed("it is not a regular file") }
      if code != EINTR { throw .unreadable(code) }
    }
  }

  static func close(_ descriptor: Int32) {
    #if canImport(Darwin)
      _ = Darwin.close(descriptor)
    #elseif canImport(Musl)
      _ = Musl.close(descriptor)
    #else
      _ = Glibc.close(descriptor)
    #endif
  }

  /// The bytes of the regular file behind `descriptor`, 1 or more; anything else is refused by name.
  static func length(of descriptor: Int32) throws(HeaderFault) -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .unreadable(errno) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw .malformed("it is a folder")
    case S_IFIFO: throw .malformed("it is a pipe")
    case S_IFCHR, S_IFBLK: throw .malformed("it is a device")
    default: throw .malformed("it is not a regular file")
    }
    let length = Int(status.st_size)
    guard length > 0 else { throw .malformed("it is empty") }
    return length
  }

  /// Tells the kernel that the whole file will be read once, in order.
  static func expectStream(_ descriptor: Int32) {
    #if os(Linux)
      _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    #endif
  }

  /// Reads up to `count` bytes at `offset`; fewer only at the end of the file.
  static func read(
    _ descriptor: Int32, into buffer: UnsafeMutableRawPointer, count: Int, at offset: Int
  ) throws(HeaderFault) -> Int {
    var done = 0
    while done < count {
      let got = pread(descriptor, buffer + done, count - done, off_t(offset + done))
      if got > 0 {
        done += got
      } else if got == 0 {
        return done
      } else if errno != EINTR {
        throw .unreadable(errno)
      }
    }
    return done
  }

  /// The system's words for an errno value.
  static func text(of code: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
      guard let room = buffer.baseAddress else { return "error \(code)" }
      buffer.initialize(repeating: 0)
      guard strerror_r(code, room, buffer.count) == 0 else { return "error \(code)" }
      return String(cString: room)
    }
  }
}
