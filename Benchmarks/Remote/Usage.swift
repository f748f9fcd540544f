// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What this process has used so far: getrusage(2), and /proc/self/statm for what is resident now.
struct Usage: Sendable {
  let user: Duration
  let system: Duration
  /// Bytes resident, now and at most.
  let resident: Int
  let peak: Int

  static func now() -> Usage {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    func time(_ value: timeval) -> Duration { .seconds(value.tv_sec) + .microseconds(Int(value.tv_usec)) }
    let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")[1]
    return Usage(
      user: time(usage.ru_utime), system: time(usage.ru_stime),
      resident: (pages.flatMap { Int($0) } ?? 0) * sysconf(Int32(_SC_PAGESIZE)), peak: usage.ru_maxrss << 10)
  }
}
