// SPDX-License-Identifier: Apache-2.0
import CVips

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// Cores this process may run on (Linux: sched_getaffinity; elsewhere POSIX: sysconf _SC_NPROCESSORS_ONLN).
func systemCores() -> Int {
  #if os(Linux)
    let allowed = Int(cvips_allowed_cores())
    if allowed > 0 { return allowed }
  #endif
  return Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
}

/// Bytes of memory this process may use: the physical memory, or the limit of its container where that is less.
///
/// 0 where the system does not tell (POSIX: sysconf _SC_PHYS_PAGES; Linux: memory.max of control groups).
func systemMemory() -> Int {
  let (bytes, isTooMuch) = Int(sysconf(Int32(_SC_PHYS_PAGES))).multipliedReportingOverflow(
    by: Int(sysconf(Int32(_SC_PAGESIZE))))
  let physical = isTooMuch ? 0 : max(0, bytes)
  let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
    .compactMap { controlGroupLimit(smallFile($0)) }
  return ([physical] + limits).filter { $0 > 0 }.min() ?? 0
}

/// The number a control group states; nothing for "max", which is no limit, and for anything else.
func controlGroupLimit(_ text: [UInt8]) -> Int? {
  let digits = text.prefix { (48...57).contains($0) }
  guard !digits.isEmpty, text.dropFirst(digits.count).allSatisfy({ $0 == 10 }) else { return nil }
  return Int(String(decoding: digits, as: UTF8.self))
}

/// The first 64 bytes of a file, nothing where it cannot be read.
func smallFile(_ path: String) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return [] }
  defer { close(descriptor) }
  return [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
    count = max(0, read(descriptor, buffer.baseAddress, 64))
  }
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
