// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// The moments of a paid job at which a process may die with different consequences.
package enum KillPoint: String, Sendable, CaseIterable {
  /// Claimed in the journal; nothing decided.
  case planned
  /// The request is ready; the intent is not on disk.
  case ready
  /// The intent is on disk; nothing was sent.
  case intentDurable
  /// The answer to the paid request is in memory only.
  case answered
  /// The run's id is on disk.
  case submittedDurable
  case polled
  /// The end of the run is on disk.
  case terminalDurable
  case fetching
  /// The results are on disk; the journal does not know.
  case fetchedFiles
  case fetchedDurable
  /// About to look for a run whose answer was lost.
  case lookingUp
  /// The answer of the search is in memory only.
  case lookedUp
  /// The ambiguity itself is on disk.
  case unknownDurable
  /// One of several results is under its name; the next is not.
  case placed
  /// The results were handed over; the journal does not know.
  case finishing
}

/// What a test puts where a process could die.
package struct KillSwitch: Sendable {
  /// Thrown by a switch: nothing is tidied up, as nothing would be by a process that died.
  package struct Killed: Error {
    package init() {}
  }

  package let at: @Sendable (KillPoint) throws -> Void

  package init(_ at: @escaping @Sendable (KillPoint) throws -> Void) { self.at = at }

  package static let none = KillSwitch { _ in }

  #if DEBUG
    /// A switch that ends this process by SIGKILL at the named point, for tests of whole programs.
    ///
    /// - Parameter name: the raw value of a point; anything else never dies.
    package static func dying(at name: String?) -> KillSwitch {
      guard let point = name.flatMap(KillPoint.init(rawValue:)) else { return none }
      return KillSwitch { reached in
        if reached == point { kill(getpid(), SIGKILL) }
      }
    }
  #endif
}
