// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// Why a reader gave up; turned into an `ImgtoolError` once, at the border of the module.
enum HeaderFault: Error {
  /// The source ends before this offset, which the bytes read so far ask for.
  case truncated(atLeast: Int)
  /// The bytes contradict their format; a clause such as "its width is 0".
  case malformed(String)
  /// The format or coding is known and not read here; a whole sentence.
  case unsupported(String)
  /// A limit of what is decoded is broken; the rule and a clause such as "it has 883 scans".
  case exceeded(rule: String, clause: String, measured: Int, allowed: Int)
  /// The system call failed with this errno.
  case unreadable(Int32)
}

extension HeaderFault {
  /// The error a caller sees.
  ///
  /// - Parameters:
  ///   - name: What the bytes are, for example "JPEG"; nothing where that is not known yet.
  ///   - length: Bytes of the source.
  func error(in name: String?, of length: Int) -> ImgtoolError {
    let subject = name.map { "The \($0) file" } ?? "The file"
    switch self {
    case .truncated(let needed):
      let whole = needed == Int.max ? "more than can exist" : "at least \(needed)"
      return ImgtoolError(.input, "\(subject) is truncated at byte \(length) of \(whole).")
    case .malformed(let clause):
      return ImgtoolError(.input, "\(subject) \(name == nil ? "cannot be read" : "is broken"): \(clause).")
    case .unsupported(let sentence):
      return ImgtoolError(.unsupported, sentence.asSentence)
    case .exceeded(let rule, let clause, let measured, let allowed):
      return ImgtoolError(
        .limit, "\(subject) is not decoded: \(clause), and \(allowed) are allowed.",
        context: ["rule": rule, "measured": "\(measured)"])
    case .unreadable(let code):
      return ImgtoolError(.input, "\(subject) cannot be read: \(SystemCall.text(of: code)).")
    }
  }
}

extension String {
  /// A clause as a sentence: a capital at the beginning, a full stop at the end.
  var asSentence: String {
    guard let first else { return self }
    return first.uppercased() + dropFirst() + (hasSuffix(".") ? "" : ".")
  }
}
