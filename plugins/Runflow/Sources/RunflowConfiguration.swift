// SPDX-License-Identifier: Apache-2.0

public import ImgtoolCore

/// Where Runflow is and who is asking.
public struct RunflowConfiguration: Sendable {
  /// The origin of the API.
  public let base: WebAddress
  public let key: Secret
  /// Sent as `X-Organization-Id`, for a key of several organisations.
  public let organisation: String?
  /// Where the service reports ends of runs; from configuration only, never from a request.
  public let callback: WebAddress?
  /// The largest picture that goes inside the request, as a data URI (RFC 2397); a larger one is uploaded before.
  public let largestInline: ByteCount

  /// - Parameter largestInline: 0 bytes, with which every picture is uploaded, to 1 MiB. A picture inside the request is
  ///   a third longer, and saves the three exchanges of an upload.
  /// - Throws: `.usage` for a base that is neither https nor on this machine, and for a size that is not taken inline;
  ///   `.credentials` for a key that cannot be one.
  public init(
    base: String = "https://api.runflow.io", key: Secret, organisation: String? = nil, callback: String? = nil,
    largestInline: ByteCount = ByteCount(64 << 10)
  ) throws(ImgtoolError) {
    guard let address = WebAddress(base.hasSuffix("/") ? String(base.dropLast()) : base), address.path == "/" else {
      throw ImgtoolError(.usage, "The address of Runflow must look like https://api.runflow.io.")
    }
    guard address.isSecure || address.isLoopback else {
      throw ImgtoolError(.usage, "The key would go to \(address.authority) unencrypted: use https.")
    }
    guard Self.isKey(key.exposed) else {
      throw ImgtoolError(.credentials, "The Runflow key is not one: letters, digits and underscores are expected.")
    }
    if let organisation, !Self.isToken(organisation) {
      throw ImgtoolError(.usage, "The organisation must be its id.")
    }
    guard largestInline.bytes <= 1 << 20 else {
      throw ImgtoolError(.usage, "Pictures of up to 1 MiB go inside a request, not of \(largestInline).")
    }
    var target: WebAddress?
    if let callback {
      guard let address = WebAddress(callback), address.isSecure || address.isLoopback else {
        throw ImgtoolError(.usage, "The callback address must be an https address.")
      }
      target = address
    }
    self.base = address
    self.key = key
    self.organisation = organisation
    self.callback = target
    self.largestInline = largestInline
  }

  /// Reads `RUNFLOW_API_KEY`, `RUNFLOW_BASE_URL`, `RUNFLOW_ORGANIZATION` and `RUNFLOW_CALLBACK_URL`, and for what is
  /// not set there the file `$RUNFLOW_CONFIG` or `~/.config/imgtool/runflow.json` (`api_key`, `base_url`,
  /// `organization`, `callback_url`).
  ///
  /// - Returns: nothing where there is no key.
  /// - Throws: `.credentials` for a file others can read, or a key that cannot be one; `.usage` for an address that
  ///   cannot be used or a file that says what nobody asks.
  public static func reading(environment: [String: String]) throws(ImgtoolError) -> RunflowConfiguration? {
    let file = try RunflowConfigFile.reading(environment: environment)
    func value(_ variable: String, _ name: String) -> String? {
      if let text = environment[variable], !text.isEmpty { return text }
      return file?.text(name)
    }
    guard let key = value("RUNFLOW_API_KEY", "api_key"), !key.isEmpty else { return nil }
    return try RunflowConfiguration(
      base: value("RUNFLOW_BASE_URL", "base_url") ?? "https://api.runflow.io", key: Secret(key),
      organisation: value("RUNFLOW_ORGANIZATION", "organization"),
      callback: value("RUNFLOW_CALLBACK_URL", "callback_url"))
  }

  private static func isKey(_ text: String) -> Bool {
    (8...256).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95
      }
  }

  /// Whether a text may stand in a path or a header: letters, digits, "-" and "_", 1–128 of them.
  static func isToken(_ text: String) -> Bool {
    (1...128).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95 || $0 == 45
      }
  }
}
