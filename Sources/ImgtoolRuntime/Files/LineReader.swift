// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore

/// Reads separated texts from a file or standard input, 64 KiB at a time.
final class LineReader {
  private let descriptor: Int32
  private let stop: StopFlag
  /// The size of a regular file; nothing for pipes.
  private let length: Int?
  private var taken = 0
  private var buffer: [UInt8] = []
  private var start = 0
  private var isAtEnd = false

  /// - Parameter stop: ends the texts when it is set while more of them are waited for, as at a terminal.
  /// - Throws: `.input` when the file cannot be opened; "-" is standard input.
  init(path: String, stop: StopFlag = StopFlag()) throws(ImgtoolError) {
    self.stop = stop
    descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw ImgtoolError(.input, "The list \(path.escaped) cannot be read: \(String(cString: strerror(errno))).")
    }
    var found = stat()
    let isRegular = fstat(descriptor, &found) == 0 && found.st_mode & S_IFMT == S_IFREG
    length = isRegular ? Int(found.st_size) : nil
  }

  deinit { close(descriptor) }

  /// How much of the file has been handed out, 0…1; nothing for pipes.
  var share: Double? {
    guard let length, length > 0 else { return nil }
    return min(1, Double(taken - (buffer.count - start)) / Double(length))
  }

  /// The next text that is not empty; texts over a megabyte are cut there.
  func next(_ separator: UInt8) -> String? {
    while true {
      if let end = end(separator) {
        let text = buffer.withUnsafeBytes { String(decoding: $0[start..<end], as: UTF8.self) }
        start = end + 1
        if !text.isEmpty { return text }
        continue
      }
      if isAtEnd || buffer.count - start > 1 << 20 {
        let text = String(decoding: buffer[start...], as: UTF8.self)
        start = buffer.count
        return text.isEmpty ? nil : text
      }
      fill()
    }
  }

  /// Where the next text ends, if that is known.
  private func end(_ separator: UInt8) -> Int? {
    buffer.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, let found = memchr(base + start, Int32(separator), bytes.count - start) else {
        return nil
      }
      return UnsafeRawPointer(found) - base
    }
  }

  /// Waits until there is something to read or the end; false when the run is stopped before.
  private func waits() -> Bool {
    var asked = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while !stop.isSet {
      // A reader that sleeps in read(2) would not see the flag.
      if poll(&asked, 1, 100) != 0 { return true }
    }
    return false
  }

  private func fill() {
    guard waits() else {
      isAtEnd = true
      return
    }
    buffer.removeFirst(start)
    start = 0
    let (old, chunk) = (buffer.count, 1 << 16)
    buffer.append(contentsOf: repeatElement(0, count: chunk))
    let count = buffer.withUnsafeMutableBytes { bytes in
      read(descriptor, bytes.baseAddress?.advanced(by: old), chunk)
    }
    buffer.removeLast(chunk - max(count, 0))
    taken += max(count, 0)
    if count == 0 || (count < 0 && errno != EINTR) { isAtEnd = true }
  }
}
