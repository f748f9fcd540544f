// SPDX-License-Identifier: Apache-2.0

/// An operation a remote service does for money, as steps whose order and repetition the conductor decides.
///
/// No step retries a paid request, waits for a run, or keeps anything: that is the conductor's, because only it has
/// a journal. `perform` is given: it hands everything to the context's conductor.
public protocol RemoteOperation: ImageOperation {
  /// What is ordered at the service, "runflow/smart-resize"; part of the journal.
  var model: String { get }

  /// Where and on whose account it is ordered, "https://api.runflow.io" for example; no secret. Part of what makes two
  /// orders the same: a job is looked for at its own service and nowhere else.
  var service: String { get }

  /// Makes the paid request ready, and uploads what it refers to. Free, and harmless when repeated.
  ///
  /// - Returns: the body of the request, sent byte for byte the same in every try. It may hold small pictures itself, and
  ///   is kept in the journal until its run is known.
  func ready(
    _ input: PreparedImage, _ parameters: Parameters, reference: RunReference, over transport: any Transport
  ) async throws -> [UInt8]

  /// Sends the paid request once.
  func submit(_ body: [UInt8], reference: RunReference, over transport: any Transport) async -> SubmitOutcome

  /// Looks for runs by label.
  func find(_ reference: RunReference, over transport: any Transport) async -> FindOutcome

  /// Reads one run, with addresses of its results that are fresh.
  func read(_ id: String, over transport: any Transport) async -> ReadOutcome

  /// Looks for many runs at once, in as few requests as the service allows.
  ///
  /// - Parameter runs: each of them as it was last known.
  func list(_ runs: [RemoteRun], over transport: any Transport) async -> ListOutcome

  /// What there is to spend at the service; nothing where that cannot be told.
  func balance(over transport: any Transport) async throws(ImgtoolError) -> Money?

  /// The request that fetches one result; it never carries the key.
  ///
  /// - Throws: `.backend` for an address that is none or leads where it must not.
  func fetch(_ result: RemoteRun.Result) throws(ImgtoolError) -> TransportRequest
}

/// Runs remote operations so that each is paid once and each result is kept; implemented by the runtime.
public protocol RemoteConductor: Sendable {
  /// - Throws: `ImgtoolError`: `.budget` before anything is sent, `.timeout` for a run that goes on without us,
  ///   `.credentials`, `.backend`, `.storage`, `.busy`, `.cancelled`.
  func conduct(
    _ operation: any RemoteOperation, _ input: PreparedImage, _ parameters: Parameters, in context: OperationContext
  ) async throws -> OperationOutcome
}

extension RemoteOperation {
  /// Not offered: each run is read by itself.
  public func list(_ runs: [RemoteRun], over transport: any Transport) async -> ListOutcome { .unsupported }

  /// Not told.
  public func balance(over transport: any Transport) async throws(ImgtoolError) -> Money? { nil }

  /// - Throws: `.fault` where the program was put together without a conductor.
  public func perform(_ input: PreparedImage, _ parameters: Parameters, in context: OperationContext) async throws
    -> OperationOutcome
  {
    guard let conductor = context.conductor else {
      throw ImgtoolError(.fault, "\(name) costs money and needs a journal; the program was built without one.")
    }
    return try await conductor.conduct(self, input, parameters, in: context)
  }
}
