// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// A bar on a terminal, shown once work has taken a second, and wiped when it is done.
final class ProgressLine: Sendable {
  private struct State {
    var isShown = false
    var last = ContinuousClock.now
  }

  private let isEnabled: Bool
  private let started = ContinuousClock.now
  private let state = Mutex(State())

  /// - Parameter isQuiet: never show anything.
  init(isQuiet: Bool) { isEnabled = !isQuiet && Console.isErrorTerminal }

  /// Shows a share, 0…1, and what is being done.
  func show(_ share: Double, _ step: String) {
    let filled = Int((min(max(share, 0), 1) * 30).rounded(.down))
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
    draw("\(bar) \(Int(share * 100)) %  \(step)")
  }

  /// Shows a count and its rate, and the time left where the share done is known.
  func show(count: Int, share: Double?, failed: Int) {
    let seconds = max(0.001, (ContinuousClock.now - started) / .seconds(1))
    var text = "\(count) files  \(Int(Double(count) / seconds))/s"
    if failed > 0 { text += "  \(failed) failed" }
    if let share, share > 0.01 { text += "  \(Int(share * 100)) %  \(Int(seconds * (1 / share - 1))) s left" }
    draw(text)
  }

  /// Wipes the line.
  func end() {
    guard state.withLock({ $0.isShown }) else { return }
    Console.write(Array("\r\u{1B}[K".utf8), to: STDERR_FILENO)
  }

  private func draw(_ text: String) {
    guard isEnabled else { return }
    let now = ContinuousClock.now
    let isDue = state.withLock { state in
      guard now - started > .seconds(1), now - state.last > .milliseconds(100) || !state.isShown else { return false }
      state.isShown = true
      state.last = now
      return true
    }
    if isDue { Console.write(Array("\r\u{1B}[K\(text)".utf8), to: STDERR_FILENO) }
  }
}
