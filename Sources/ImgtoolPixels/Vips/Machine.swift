// SPDX-License-Identifier: Apache-2.0
import CVips

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// Cores online (POSIX: sysconf _SC_NPROCESSORS_ONLN).
func systemCores() -> Int { Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

/// Bytes of physical memory, 0 where the system does not tell (POSIX: sysconf _SC_PHYS_PAGES).
func systemMemory() -> Int {
  let (bytes, isTooMuch) = Int(sysconf(Int32(_SC_PHYS_PAGES))).multipliedReportingOverflow(
    by: Int(sysconf(Int32(_SC_PAGESIZE))))
  return isTooMuch ? 0 : max(0, bytes)
}

/// Names the calling thread for debuggers and `top`; at most 15 bytes on Linux (Linux: prctl PR_SET_NAME; Darwin: pthread_setname_np).
func nameThisThread(_ name: String) {
  cvips_name_thread(name)
}

/// Carries the work of a thread through the one pointer POSIX passes on.
private final class ThreadBody {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

#if canImport(Darwin)
  private func runThread(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
    return nil
  }
#else
  private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let argument { Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run() }
    return nil
  }
#endif

/// Starts a thread nobody waits for, with 8 MiB of stack (POSIX: pthread_create, PTHREAD_CREATE_DETACHED).
///
/// - Returns: whether it was started.
func startDetachedThread(_ body: @escaping @Sendable () -> Void) -> Bool {
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  defer { pthread_attr_destroy(&attributes) }
  pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
  pthread_attr_setstacksize(&attributes, 8 << 20)
  let argument = Unmanaged.passRetained(ThreadBody(body))
  #if canImport(Darwin)
    var thread: pthread_t?
  #else
    var thread = pthread_t()
  #endif
  guard pthread_create(&thread, &attributes, runThread, argument.toOpaque()) == 0 else {
    argument.release()
    return false
  }
  return true
}
