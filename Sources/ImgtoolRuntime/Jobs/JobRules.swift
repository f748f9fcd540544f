// SPDX-License-Identifier: Apache-2.0

/// The times and limits of one job.
package struct JobRules: Sendable, Hashable {
  /// When an ambiguous request is looked for, counted from the ambiguity; the last ends the settle window.
  package var lookUps: [Duration] = [2, 5, 15, 30, 60].map { .seconds($0) }
  /// How often to look when the settle window is over and no search has come to its end, and to read a run that cannot
  /// be read; a fifth longer, and two moments, one until others wake too and one for which reads are gathered, stay
  /// under half a minute.
  package var lookUpAgain = Duration.seconds(24)
  /// How often a request may be sent again once a settle window found nothing: 1, or 0 to hold.
  package var resubmissions = 1
  package var retry = RetryRules()
  package var firstPoll = Duration.seconds(2)
  package var slowestPoll = Duration.seconds(10)
  package var pollGrowth = 1.25
  /// How long a run that was just made may be unknown to the service.
  package var freshness = Duration.seconds(30)
  /// How often the addresses of results are renewed.
  package var renewals = 3
  /// When to stop waiting, by the machine's clock; the run goes on without us.
  package var deadline: Duration?

  package init() {}
}
