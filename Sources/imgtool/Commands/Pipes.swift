// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolRuntime

/// A picture from standard input (`-` in the place of a file) or for standard output (`-o -`), in files of its own.
///
/// A result is sent once it is there as a whole and was judged, so that a reader gets all of it or nothing.
struct Pipes: ~Copyable {
  /// How both are written.
  static let name = "-"

  /// The file to read.
  let input: String
  /// Where the result for standard output is written; nothing where it goes to a file.
  let output: String?
  /// Whether anything goes through a pipe.
  let isUsed: Bool
  private let folder: Scratch?
  /// The largest result sent; it is held in memory.
  private static let longest = ByteCount.mebibytes(1024)

  /// - Parameters:
  ///   - output: as given by `-o`.
  ///   - isJSON: whether `--json` was given.
  ///   - most: how many bytes are read.
  /// - Throws: `.usage` for a terminal at either end, and for `-o -` beside `--json`; `.limit`, `.storage`, `.cancelled`.
  init(input: String, output: String?, isJSON: Bool, most: ByteCount) throws(ImgtoolError) {
    let (reads, writes) = (input == Self.name, output == Self.name)
    guard reads || writes else {
      self.input = input
      self.output = nil
      isUsed = false
      folder = nil
      return
    }
    if writes { try Self.checkOutput(isJSON: isJSON) }
    let scratch = try Scratch()
    let picture = scratch.path + "/in"
    if reads { try Self.read(into: picture, most: most) }
    self.input = reads ? picture : input
    self.output = writes ? scratch.path + "/out" : nil
    isUsed = true
    folder = consume scratch
  }

  /// Writes the result to standard output, after the files are gone: a reader that left ends the process.
  ///
  /// - Throws: `.storage`, `.input`, `.limit` where it cannot be read again.
  consuming func send() throws(ImgtoolError) {
    guard let output else { return }
    let bytes = try WholeFile.bytes(of: output, most: Self.longest)
    _ = consume self
    Console.write(bytes)
  }

  private static func checkOutput(isJSON: Bool) throws(ImgtoolError) {
    guard !isJSON else {
      throw ImgtoolError(.usage, "-o - and --json both want standard output: give -o a file, or leave out --json.")
    }
    guard !Console.isOutputTerminal else {
      throw ImgtoolError(.usage, "Standard output is a terminal, which is no place for a picture: redirect it.")
    }
  }

  private static func read(into path: String, most: ByteCount) throws(ImgtoolError) {
    guard isatty(STDIN_FILENO) == 0 else {
      throw ImgtoolError(.usage, "Standard input is a terminal: name a file in the place of -.")
    }
    let file = try AtomicFile(path, replaces: false)
    var count = 0
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      // Looked at in turns: a read that waits for a silent writer would not hear Ctrl-C.
      var source = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      let isReady = poll(&source, 1, 200) > 0
      if Interruption.flag.isSet { throw ImgtoolError(.cancelled, "Stopped.") }
      guard isReady else { continue }
      let got = Foundation.read(STDIN_FILENO, &buffer, buffer.count)
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw storageError("Standard input cannot be read", errno) }
      guard got > 0 else { break }
      count += got
      guard count <= most.bytes else { throw ImgtoolError(.limit, "More than \(most) came on standard input.") }
      try file.write(Array(buffer[..<got]))
    }
    try file.commit()
  }
}

extension JobReport {
  /// The report in which a result that was written for standard output is called by that.
  func piped(_ path: String?) -> JobReport {
    var report = self
    for index in outputs.indices where outputs[index].path == path { report.outputs[index].path = Pipes.name }
    return report
  }
}
