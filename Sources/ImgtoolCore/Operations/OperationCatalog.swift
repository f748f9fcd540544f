// SPDX-License-Identifier: Apache-2.0

/// The operations plugged in, in the order given; immutable, made where the program is put together.
public struct OperationCatalog: Sendable {
  public let operations: [any ImageOperation]

  /// - Throws: `.fault` when two operations share a name.
  public init(_ operations: [any ImageOperation]) throws(ImgtoolError) {
    var names: Set<OperationName> = []
    for operation in operations where !names.insert(operation.name).inserted {
      throw ImgtoolError(.fault, "Two operations are named \(operation.name).")
    }
    self.operations = operations
  }

  /// - Throws: `.unsupported` naming what there is.
  public func operation(named name: OperationName) throws(ImgtoolError) -> any ImageOperation {
    guard let operation = operations.first(where: { $0.name == name }) else {
      let known = operations.map(\.name.description).joined(separator: ", ")
      throw ImgtoolError(.unsupported, "There is no operation \(name); there are: \(known.isEmpty ? "none" : known).")
    }
    return operation
  }
}
