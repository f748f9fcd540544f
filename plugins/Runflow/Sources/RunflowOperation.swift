// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import ImgtoolCore

/// A model of the catalogue as a remote operation.
struct RunflowOperation: RemoteOperation {
  let descriptor: ModelDescriptor
  let configuration: RunflowConfiguration
  let name: OperationName

  /// - Throws: `.usage` for a verb that is none.
  init(_ descriptor: ModelDescriptor, _ configuration: RunflowConfiguration) throws(ImgtoolError) {
    guard let name = OperationName(backend: "runflow", verb: descriptor.verb) else {
      throw ImgtoolError(.usage, "\"\(descriptor.verb)\" is no verb.")
    }
    self.descriptor = descriptor
    self.configuration = configuration
    self.name = name
  }

  var summary: String { descriptor.summary }
  var parameters: [ParameterSpec] { descriptor.parameters }
  var price: Money { descriptor.price }
  var model: String { descriptor.id }
  var service: String {
    let base = "\(configuration.base.scheme)://\(configuration.base.authority)"
    return configuration.organisation.map { "\(base) \($0)" } ?? base
  }

  func contract(for input: ImageFacts, _ parameters: Parameters) throws(ImgtoolError) -> OperationContract {
    _ = try inputs(parameters, image: "")
    var policy = descriptor.policy.flatMap(InputPolicy.named) ?? Self.usual
    policy.price = price
    var contract = OperationContract(
      policy: policy, price: price, sends: Self.form([.jpeg, .png, .webp]),
      expects: Expectation(frame: try frame(parameters)))
    if descriptor.inputs.contains(where: { $0.takesZip == true }) {
      contract.sends.maximumPictures = RunflowClient.largestZip
    }
    for input in descriptor.inputs where input.isAttachable {
      let isMask = input.kind == .mask
      // The places a mask marks must not be blurred on the way.
      contract.attachments[input.parameter] = AttachmentForm(
        policy: Self.usual, sends: Self.form(isMask ? [.png] : [.jpeg, .png, .webp]), isMask: isMask)
    }
    return contract
  }

  private static func form(_ formats: [ImageFormat]) -> SendForm {
    SendForm(formats: formats, maximumBytes: RunflowClient.largestUpload, isUpright: true, isPrivate: true)
  }

  private func frame(_ parameters: Parameters) throws(ImgtoolError) -> Expectation.Frame {
    switch descriptor.promise {
    case .sameSize: return .sameAsInput
    case .anything: return .any
    case .frame:
      guard let ratio = parameters.ratio("aspect_ratio"), let tier = parameters.tier("resolution") else {
        throw ImgtoolError(.usage, "\(name) needs aspect_ratio and resolution.")
      }
      return .request(.tier(ratio, tier))
    }
  }

  /// For models without a policy of their own: what uploads allow.
  private static var usual: InputPolicy {
    var policy = InputPolicy()
    policy.maximumBytes = RunflowClient.largestUpload
    policy.maximumPixels = 100_000_000
    policy.maximumFrames = 1
    return policy
  }

  // MARK: the steps

  func ready(_ input: PreparedImage, _ parameters: Parameters, reference: RunReference, over transport: any Transport)
    async throws -> [UInt8]
  {
    // Refused parameters are found before anything is uploaded; a given address is passed on as it is.
    _ = try inputs(parameters, image: "")
    let isElsewhere = descriptor.inputs.contains { $0.kind == .image && parameters.text($0.parameter) != nil }
    var files: [(name: String, picture: PreparedImage)] = []
    for name in descriptor.inputs.filter(\.isAttachable).map(\.parameter) where parameters.isAttachment(name) {
      guard let picture = input.attachments[name] else {
        throw ImgtoolError(.usage, "\(name) names a file that does not go along.")
      }
      files.append((name, picture))
    }
    let client = RunflowClient(configuration, over: transport)
    func place(_ picture: PreparedImage, as name: String) async throws -> String {
      let isSmall = picture.byteCount.bytes > 0 && picture.byteCount <= configuration.largestInline
      if isSmall, picture.members.isEmpty { return try picture.dataURI() }
      return try await client.upload(
        picture.bytes, size: picture.byteCount, name: "\(name).\(picture.fileExtension)", mediaType: picture.mediaType
      ).reference
    }
    let image = isElsewhere ? "" : try await place(input, as: reference.digits)
    var attached: [String: String] = [:]
    for (name, picture) in files { attached[name] = try await place(picture, as: "\(reference.digits)-\(name)") }
    return client.runBody(input: try inputs(parameters, image: image, attached: attached), reference: reference)
  }

  func submit(_ body: [UInt8], reference: RunReference, over transport: any Transport) async -> SubmitOutcome {
    await RunflowClient(configuration, over: transport).createRun(model, body: body, reference: reference)
  }

  func find(_ reference: RunReference, over transport: any Transport) async -> FindOutcome {
    await RunflowClient(configuration, over: transport).runs(labelled: reference)
  }

  func read(_ id: String, over transport: any Transport) async -> ReadOutcome {
    await RunflowClient(configuration, over: transport).run(id)
  }

  func list(_ runs: [RemoteRun], over transport: any Transport) async -> ListOutcome {
    await RunflowClient(configuration, over: transport).runs(amongNewest: runs)
  }

  func balance(over transport: any Transport) async throws(ImgtoolError) -> Money? {
    try await RunflowClient(configuration, over: transport).balance()
  }

  func fetch(_ result: RemoteRun.Result) throws(ImgtoolError) -> TransportRequest {
    guard let address = WebAddress(result.address),
      address.isSecure || (configuration.base.isLoopback && address.isLoopback)
    else { throw ImgtoolError(.backend, "Runflow names a result at an address that is not https.") }
    return TransportRequest(
      .get, address, timeout: .seconds(300), maximumAnswer: .mebibytes(256), isRepeatable: true, reach: .publicOnly)
  }

  // MARK: the input object

  /// The input as on the wire, nested where names have dots.
  ///
  /// - Parameters:
  ///   - image: the reference or data URI of the picture of the job.
  ///   - attached: those of the files that go along, by parameter.
  /// - Throws: `.usage` for a value the model does not take.
  func inputs(
    _ parameters: Parameters, image: String, attached: [String: String] = [:]
  ) throws(ImgtoolError) -> [String: JSONValue] {
    var object: [String: JSONValue] = [:]
    for input in descriptor.inputs {
      let value: JSONValue?
      if input.isAttachable, parameters.isAttachment(input.parameter) {
        value = .text(attached[input.parameter] ?? "")
      } else {
        value =
          try parameters.text(input.parameter).map { (text) throws(ImgtoolError) in try Self.value(text, input) }
          ?? (input.kind == .image ? .text(image) : nil)
      }
      if let value { Self.put(value, input.name.split(separator: ".").map(String.init)[...], &object) }
    }
    return object
  }

  private static func value(_ text: String, _ input: ModelDescriptor.Input) throws(ImgtoolError) -> JSONValue {
    switch input.kind {
    case .text, .choice: return .text(text)
    case .tier: return .text(text.uppercased())
    case .flag: return .bool(text == "true")
    case .integer: return Int(text).map { .integer($0) } ?? .null
    case .ratio:
      guard let ratio = AspectRatio(text) else { throw ImgtoolError(.usage, "\(text) is no ratio.") }
      // The service knows whole numbers: "21:9" goes out as it is, "2.35:1" as 47:20.
      let isWhole = text.allSatisfy { $0.isASCII && ($0.isNumber || $0 == ":") }
      return .text(isWhole ? text : "\(ratio.width):\(ratio.height)")
    case .image, .reference, .mask:
      let isAsset =
        text.hasPrefix("runflow://assets/")
        && RunflowConfiguration.isToken(String(text.dropFirst("runflow://assets/".count)))
      guard isAsset || WebAddress(text)?.isSecure == true else {
        throw ImgtoolError(.usage, "\(input.parameter) must be an https address or a runflow://assets/ reference.")
      }
      return .text(text)
    case .choices:
      let parts = text.split(separator: ",").map { $0.filter { $0 != " " } }
      guard !parts.isEmpty, parts.allSatisfy((input.choices ?? []).contains) else {
        throw ImgtoolError(
          .usage, "\(input.parameter) takes some of: \((input.choices ?? []).joined(separator: ", ")).")
      }
      return .array(parts.map { .text($0) })
    }
  }

  private static func put(_ value: JSONValue, _ path: ArraySlice<String>, _ object: inout [String: JSONValue]) {
    guard let first = path.first else { return }
    guard path.count > 1 else {
      object[first] = value
      return
    }
    var inner = object[first]?.object ?? [:]
    put(value, path.dropFirst(), &inner)
    object[first] = .object(inner)
  }
}
