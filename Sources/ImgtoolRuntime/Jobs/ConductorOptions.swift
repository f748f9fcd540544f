// SPDX-License-Identifier: Apache-2.0

public import ImgtoolCore

/// What a caller decides about paid jobs.
public struct ConductorOptions: Sendable {
  /// What to do when a settle window has passed and no run carries the label of a request whose answer was lost.
  public enum Unknown: String, Sendable, Hashable, CaseIterable {
    /// Send the request once more.
    case resubmit
    /// Leave the decision to a person.
    case hold
  }

  public var unknown = Unknown.resubmit
  /// The most one job may cost.
  public var maximumCost: Money?
  /// The most that may be charged to one day (UTC), over all processes on the journal.
  public var dailyBudget: Money?
  /// Whether an order whose result is already there is paid for again on purpose.
  public var again = false
  /// Whether the balance is asked for before anything is sent.
  public var checksBalance = true
  /// Tells apart orders that would otherwise be the same.
  public var callerKey = ""
  /// Kept with a new job, for whoever resumes it: where the output goes, for example.
  public var notes: [String: String] = [:]

  public init() {}
}
