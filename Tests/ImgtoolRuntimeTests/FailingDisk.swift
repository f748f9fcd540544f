// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// A folder on a disk that fails at one of its changes, counted from 0 since it was told to.
final class FailingDisk: DiskWatcher {
  enum Failure: Sendable, Hashable, CustomStringConvertible {
    /// No change from this one on has any effect, tidying up neither: the process is dead, as far as the disk can tell.
    case death
    /// Nothing that takes room can be written from this one on.
    case full
    /// This one fails, and no other; removing something is not counted.
    case broken

    var description: String {
      switch self {
      case .death: "death"
      case .full: "ENOSPC"
      case .broken: "EIO"
      }
    }
  }

  private struct State {
    var plan: (failure: Failure, at: Int)?
    var changes = 0
    var hasFailed = false
  }

  let root: String
  private let state = Mutex(State())

  init(_ root: String) {
    self.root = root
    DiskCalls.watch(self)
  }

  func fails(_ failure: Failure, at change: Int) {
    state.withLock { $0 = State(plan: (failure, change)) }
  }

  /// Room again, another disk, or another process.
  func recovers() { state.withLock { $0.plan = nil } }

  /// Whether any change has met the failure.
  var hasFailed: Bool { state.withLock { $0.hasFailed } }

  func meets(_ call: DiskCall) -> Int32? {
    state.withLock { state in
      guard let (failure, at) = state.plan, failure != .broken || call.kind != .remove else { return nil }
      defer { state.changes += 1 }
      let code: Int32? =
        switch failure {
        case .death where state.changes >= at: EIO
        case .full where state.changes >= at && [.create, .write].contains(call.kind): ENOSPC
        case .broken where state.changes == at: EIO
        default: nil
        }
      if code != nil { state.hasFailed = true }
      return code
    }
  }
}
