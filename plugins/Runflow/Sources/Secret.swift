// SPDX-License-Identifier: Apache-2.0

/// A text that is never shown: printing, dumping and interpolating it give a placeholder.
public struct Secret: Sendable, Hashable {
  /// The text itself, for the one header or digest it is meant for.
  package let exposed: String

  public init(_ text: String) { exposed = text }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "(redacted)" }
  public var debugDescription: String { "(redacted)" }
  public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
