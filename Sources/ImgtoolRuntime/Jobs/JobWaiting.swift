// SPDX-License-Identifier: Apache-2.0

public import ImgtoolCore
internal import Synchronization

/// What a job waits for: its turn, its run, and news of it.
extension JobConductor {
  /// Says that the service may have news of a run: it is read at once instead of at the next poll.
  ///
  /// Safe to call with anything a callback says: only what the service answers moves a job.
  ///
  /// - Parameter name: a run's id, or the label of a request whose answer was lost.
  public func hint(_ name: String) { sleepers.withLock { $0[name] }?.cancel() }

  /// Takes in a verified callback: stored first, then a hint to look.
  ///
  /// - Parameter key: one for all deliveries of one event.
  /// - Returns: whether the event is new.
  /// - Throws: `.storage`; the callback must then not be acknowledged.
  public func received(run: String, label: String?, key: String) async throws(ImgtoolError) -> Bool {
    let isNew = try await journal.noteCallback(key)
    hint(run)
    if let label { hint(label) }
    return isNew
  }

  /// Waits for a turn at uploading and sending.
  func turn(of record: JobRecord) async throws(ImgtoolError) -> Turns.Turn {
    do {
      return try await turns.take()
    } catch {
      throw ImgtoolError(.cancelled, "The order was withdrawn before anything was sent.", context: record.context)
    }
  }

  /// Reads the run of a job: by itself where the news cannot wait or few jobs are under way, else with the others.
  ///
  /// - Parameter looks: how often it was looked at before.
  func read(_ record: JobRecord, _ operation: any RemoteOperation, looks: Int, isAwaited: Bool) async -> ReadOutcome {
    guard let run = record.state.run, isOfMany(record), !isAwaited else {
      return await operation.read(record.state.run?.id ?? "", over: transport)
    }
    return await poller.read(run, label: record.reference.label, looks: looks, by: operation)
  }

  /// Whether a job waits for its run as many do.
  private func isOfMany(_ record: JobRecord) -> Bool {
    record.phase == .submitted && journal.countAtWork >= RunPoller.fewest
  }

  /// Waits before a job is looked at again, and a little longer where that can be together with others.
  ///
  /// - Parameter looks: how often it was looked at before.
  /// - Returns: whether a hint ended the sleep.
  func wait(
    _ pause: Duration, until deadline: Duration?, _ record: JobRecord, _ operation: any RemoteOperation, looks: Int
  ) async throws(ImgtoolError) -> Bool {
    var pause = pause
    // Looks at a run's own record are no part of a list, and stay spread.
    if isOfMany(record), !RunPoller.isOwnLook(looks) { pause = poller.together(pause, by: operation) }
    if let deadline { pause = min(pause, max(.zero, deadline - timekeeper.now())) }
    return try await sleep(pause, job: record)
  }

  /// - Returns: whether a hint ended the sleep.
  @discardableResult
  func sleep(_ pause: Duration, job record: JobRecord) async throws(ImgtoolError) -> Bool {
    let sleep = timekeeper.sleep
    let sleeper = Task { try await sleep(pause) }
    let names = [record.reference.label] + (record.state.run.map { [$0.id] } ?? [])
    sleepers.withLock { sleepers in for name in names { sleepers[name] = sleeper } }
    defer { sleepers.withLock { sleepers in for name in names { sleepers[name] = nil } } }
    let end = await withTaskCancellationHandler {
      await sleeper.result
    } onCancel: {
      sleeper.cancel()
    }
    do {
      try Task.checkCancellation()
      // A sleeper that was cancelled while this task was not has been woken by a hint.
      guard !sleeper.isCancelled else { return true }
      try end.get()
      return false
    } catch {
      throw ImgtoolError(
        .cancelled, "The waiting was ended; `imgtool jobs resume \(record.id)` carries on.", retry: .later,
        context: record.context)
    }
  }
}
