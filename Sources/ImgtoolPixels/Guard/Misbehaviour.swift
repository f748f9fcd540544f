// SPDX-License-Identifier: Apache-2.0
#if DEBUG
  import CSandbox
  import Foundation

  /// What a decoder that was taken over might do; in debug builds alone, to show that none of it gets through.
  package enum Misbehaviour: String, Codable, Sendable, CaseIterable {
    case abort, spin, sleep, allocate, fillDisk, fork, openSocket, readSecrets

    /// Does it; a process that is still there afterwards was kept from it.
    func perform() {
      switch self {
      case .abort: Foundation.abort()
      case .spin: while true {}
      case .sleep: while true { Foundation.sleep(1_000) }
      case .allocate: allocate()
      case .fillDisk: fillDisk()
      case .fork:
        // Each child would outlive a parent that is killed alone.
        for _ in 0..<8 {
          let child = Self.fork()
          if child == 0 { while true { Foundation.sleep(1_000) } }
        }
        while true { Foundation.sleep(1_000) }
      case .openSocket:
        let socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if socket >= 0 { Foundation.abort() }
      case .readSecrets:
        let parent = getppid()
        for path in ["/proc/1/environ", "/proc/\(parent)/environ", "/etc/passwd"]
        where open(path, O_RDONLY) >= 0 { Foundation.abort() }
        if ProcessInfo.processInfo.environment.values.contains(where: { $0.contains("canary") }) { Foundation.abort() }
      }
    }

    private static func fork() -> pid_t { pid_t(csandbox_fork()) }

    private func allocate() {
      var kept: [UnsafeMutableRawPointer] = []
      while true {
        guard let block = malloc(16 << 20) else { continue }
        memset(block, 1, 16 << 20)
        kept.append(block)
      }
    }

    private func fillDisk() {
      let folder = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
      let descriptor = open("\(folder)/filled", O_WRONLY | O_CREAT, 0o600)
      let block = [UInt8](repeating: 1, count: 1 << 20)
      while descriptor >= 0, write(descriptor, block, block.count) > 0 {}
      // The folder is gone, and nothing can be opened by name.
      if descriptor >= 0 { Foundation.abort() }
    }
  }
#endif
