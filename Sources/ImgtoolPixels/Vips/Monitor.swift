// SPDX-License-Identifier: Apache-2.0
#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// State under a lock, with a place where the pool's own threads wait for a change (POSIX: pthread_cond_wait).
///
/// `Mutex` has no such place, and the threads that wait here are not Swift's.
// Every access to `state` is under `lock`, so the class may be shared.
final class Monitor<State: Sendable>: @unchecked Sendable {
  private var state: State
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init(_ state: State) {
    self.state = state
    pthread_mutex_init(lock, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(lock)
    changed.deallocate()
    lock.deallocate()
  }

  /// Reads the state.
  ///
  /// Must not call out.
  func read<R>(_ body: (State) -> R) -> R {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    return body(state)
  }

  /// Changes the state, and wakes every waiting thread to look again.
  ///
  /// Must not call out.
  func change<R>(_ body: (inout State) -> R) -> R {
    pthread_mutex_lock(lock)
    defer {
      pthread_cond_broadcast(changed)
      pthread_mutex_unlock(lock)
    }
    return body(&state)
  }

  /// Blocks the calling thread until `body` gives a value.
  ///
  /// Must not call out, and never on Swift's pool.
  func wait<R>(until body: (inout State) -> R?) -> R {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while true {
      if let value = body(&state) { return value }
      pthread_cond_wait(changed, lock)
    }
  }
}
