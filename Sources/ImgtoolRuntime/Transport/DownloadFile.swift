// SPDX-License-Identifier: Apache-2.0

internal import Crypto
internal import Dispatch
internal import Glibc
internal import ImgtoolCore
internal import NIOCore

/// A file that appears under its name whole and durable, or not at all.
struct DownloadFile: ~Copyable {
  private let path: String
  private let temporary: String
  private let file: Int32
  private var hash = SHA256()
  private(set) var count = 0

  /// - Throws: `.storage` when the neighbour file cannot be made.
  init(_ path: String) throws(TransportFailure) {
    let temporary = "\(path).part"
    unlink(temporary)
    let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw Self.problem(path) }
    (self.path, self.temporary, self.file) = (path, temporary, file)
  }

  deinit {
    unlink(temporary)
    close(file)
  }

  mutating func append(_ piece: ByteBuffer) throws(TransportFailure) {
    let bytes = Array(piece.readableBytesView)
    hash.update(data: bytes)
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
      if count > 0 { written += count } else if errno != EINTR { throw Self.problem(path) }
    }
    count += bytes.count
  }

  /// Makes the bytes durable and gives them their name; an existing file of that name is a failure.
  ///
  /// - Returns: SHA-256 of the content.
  func finish() async throws(TransportFailure) -> [UInt8] {
    let (file, temporary, path) = (file, temporary, path)
    let problem = await withCheckedContinuation { (continuation: CheckedContinuation<TransportFailure?, Never>) in
      DispatchQueue.global(qos: .utility).async {
        continuation.resume(returning: Self.name(file, temporary, path))
      }
    }
    if let problem { throw problem }
    return Array(hash.finalize())
  }

  private static func name(_ file: Int32, _ temporary: String, _ path: String) -> TransportFailure? {
    // A hard link fails where the name is taken; a rename would replace what is there.
    guard fsync(file) == 0, link(temporary, path) == 0 else { return problem(path) }
    do {
      try syncFolder(of: path)
      return nil
    } catch {
      return TransportFailure(.storage, mayHaveArrived: true, error.message)
    }
  }

  private static func problem(_ path: String) -> TransportFailure {
    TransportFailure(.storage, mayHaveArrived: true, "\(path) cannot be written: \(errorText()).")
  }
}
