// SPDX-License-Identifier: Apache-2.0

public import ImgtoolCore

/// Everything one job needs to know; nothing later asks the user, the environment or the disk for configuration.
public struct Plan: Sendable {
  public var operation: OperationName
  public var parameters: Parameters
  /// The path of the input, or its https address where `knownFacts` are given.
  public var input: String
  /// What is known of an input that lies elsewhere and that the service fetches by itself: nothing is opened, prepared
  /// or sent of it, and the result is not compared with it.
  public var knownFacts: ImageFacts?
  /// What the input is called in reports and messages; `input` where nothing is given.
  public var name: String?
  /// The paths of files that go along, by the parameter they are given for.
  ///
  /// Apart from the parameters on purpose: a text that came from somewhere else can never name a file of this disk.
  public var attachments: [String: String] = [:]
  /// The path of the output; its folder exists.
  public var output: String
  /// What results are named after that do not get the name of the output: those postflight refused, and further ones;
  /// `output` where nothing is given.
  public var keptAs: String?
  /// How the output is encoded.
  public var encoding: EncodeOptions
  /// What inputs the user accepts; merged with the backend's own policy.
  public var policy: InputPolicy
  /// Whether a file already at `output` may be replaced.
  public var replaces: Bool
  /// How long the whole job may take.
  public var timeout: Duration?
  /// What it may cost at most.
  public var maximumCost: Money?
  /// Whether a passing result is brought to the exact target.
  public var conform: ConformPlan.Mode?

  public init(
    operation: OperationName, parameters: Parameters, input: String, output: String, encoding: EncodeOptions,
    policy: InputPolicy = InputPolicy(), replaces: Bool = false, timeout: Duration? = nil, maximumCost: Money? = nil,
    conform: ConformPlan.Mode? = nil, knownFacts: ImageFacts? = nil
  ) {
    self.operation = operation
    self.parameters = parameters
    self.input = input
    self.output = output
    self.encoding = encoding
    self.policy = policy
    self.replaces = replaces
    self.timeout = timeout
    self.maximumCost = maximumCost
    self.conform = conform
    self.knownFacts = knownFacts
  }

  /// What the input is called.
  var inputName: String { name ?? input }
  /// What other results are named after.
  var keptName: String { keptAs ?? output }
}
