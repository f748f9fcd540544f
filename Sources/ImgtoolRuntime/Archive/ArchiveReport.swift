// SPDX-License-Identifier: Apache-2.0

public import ImgtoolCore

/// One order for all pictures of a zip.
public struct ArchivePlan: Sendable {
  /// What is ordered: `input` is the path of the zip, `output` the folder of the results, made where it is absent.
  public var order: Plan
  /// Whether each result has the format of its picture, where that can be written, instead of that of the encoding.
  public var keepsFormats: Bool

  public init(_ order: Plan, keepsFormats: Bool) {
    self.order = order
    self.keepsFormats = keepsFormats
  }

  /// How the result of a picture of a format is encoded.
  ///
  /// - Throws: as `EncodeOptions.validate`.
  func encoding(for format: ImageFormat) throws(ImgtoolError) -> EncodeOptions {
    var encoding = order.encoding
    if keepsFormats { encoding.format = EncodeOptions.writable.contains(format) ? format : .png }
    try encoding.validate()
    return encoding
  }
}

/// What one order for several pictures came to: a report for each.
public struct ArchiveReport: Sendable {
  /// In the order of their names; each bears its part of the cost, so that the parts add up.
  public var pictures: [JobReport]
  /// Where results are kept that belong to no picture.
  public var strays: [String] = []

  /// What is paid at most.
  public var price: Money { pictures.map(\.price).reduce(.zero, +) }
  /// What was spent.
  public var cost: Money { pictures.map(\.cost).reduce(.zero, +) }

  /// Refused where one picture is, as nothing is sent then; done where every picture is.
  public var state: JobReport.State {
    if pictures.contains(where: { $0.state == .refused }) { return .refused }
    if pictures.contains(where: { $0.state == .rejected }) || !strays.isEmpty { return .rejected }
    return pictures.contains { $0.state == .planned } ? .planned : .done
  }

  /// The error a refused or rejected order ends with: that of its first bad picture, and how many there are.
  public var error: ImgtoolError? {
    let errors = pictures.compactMap(\.error)
    guard let first = errors.first else {
      guard !strays.isEmpty else { return nil }
      return ImgtoolError(
        .postflight, "There are more results than pictures; kept as \(strays.joined(separator: ", ").escaped).",
        context: ["rules": "zip.strays"])
    }
    guard errors.count > 1 else { return first }
    return ImgtoolError(
      first.kind, "\(first.message) So it is with \(errors.count) of \(pictures.count) pictures.", retry: first.retry,
      context: first.context)
  }

  /// One line of JSON for each picture.
  package func write(to line: inout JSONLine) {
    for picture in pictures { picture.write(to: &line) }
  }
}

extension Money {
  /// Equal parts that add up to the whole; the first are a millionth larger where it does not divide.
  func parts(_ count: Int) -> [Money] {
    let (part, rest) = microdollars.quotientAndRemainder(dividingBy: max(1, count))
    return (0..<max(0, count)).map { Money(microdollars: part + ($0 < rest ? 1 : 0)) }
  }
}
