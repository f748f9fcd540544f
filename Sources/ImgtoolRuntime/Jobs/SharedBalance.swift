// SPDX-License-Identifier: Apache-2.0

internal import ImgtoolCore
internal import Synchronization

/// Asks for the balance once for orders that come together.
///
/// Orders that wait for an answer under way share it. For a moment after it came it lets further orders pass, as far
/// as the balance covers all it has let pass; it never refuses one: that takes a new answer.
final class SharedBalance: Sendable {
  /// How long an answer is good for.
  static let moment = Duration.seconds(1)

  private typealias Answer = Result<Money?, ImgtoolError>

  private struct State {
    /// What an answer still covers, and until when; by service.
    var known: [String: (left: Money, until: Duration)] = [:]
    /// The answers under way, and the prices of all that wait for them.
    var asking: [String: (answer: SharedAnswer<Answer>, price: Money)] = [:]
  }

  private let transport: any Transport
  private let timekeeper: Timekeeper
  private let state = Mutex(State())

  init(over transport: any Transport, timekeeper: Timekeeper) {
    self.transport = transport
    self.timekeeper = timekeeper
  }

  /// The balance a price is to be held against; nothing where it cannot be told, or is known to cover the price.
  ///
  /// - Throws: `.credentials`, `.cancelled`, or why it cannot be read.
  func balance(for price: Money, of operation: any RemoteOperation) async throws(ImgtoolError) -> Money? {
    let service = operation.service
    let (answer, isFirst) = state.withLock { state -> (SharedAnswer<Answer>?, Bool) in
      if let known = state.known[service], known.until > timekeeper.now(), known.left >= price {
        state.known[service]?.left = known.left - price
        return (nil, false)
      }
      if let asking = state.asking[service] {
        state.asking[service]?.price = asking.price + price
        return (asking.answer, false)
      }
      let answer = SharedAnswer<Answer>()
      state.asking[service] = (answer, price)
      return (answer, true)
    }
    guard let answer else { return nil }
    // The question is everybody's: it goes on when the first of them is withdrawn.
    if isFirst { Task { await ask(operation, answer) } }
    guard let told = await answer.value() else {
      throw ImgtoolError(.cancelled, "The order was withdrawn before anything was sent.")
    }
    return try told.get()
  }

  private func ask(_ operation: any RemoteOperation, _ answer: SharedAnswer<Answer>) async {
    let told: Answer
    do {
      told = .success(try await operation.balance(over: transport))
    } catch {
      told = .failure(error)
    }
    state.withLock { state in
      let asked = state.asking.removeValue(forKey: operation.service)?.price ?? .zero
      state.known[operation.service] =
        if case .success(let balance?) = told { (balance - asked, timekeeper.now() + Self.moment) } else { nil }
    }
    answer.tell(told)
  }
}
