// SPDX-License-Identifier: Apache-2.0

public import ImgtoolCore

/// Runflow's models as operations.
public enum RunflowBackend {
  /// The operations of the shipped models and of those a user describes.
  ///
  /// - Parameter extra: descriptors from a user's folder; one with a shipped verb replaces the shipped model.
  /// - Throws: `.usage` for two descriptors of one verb.
  public static func operations(_ configuration: RunflowConfiguration, extra: [ModelDescriptor] = [])
    throws(ImgtoolError) -> [any ImageOperation]
  {
    var verbs: Set<String> = []
    for model in extra where !verbs.insert(model.verb).inserted {
      throw ImgtoolError(.usage, "Two model files describe runflow.\(model.verb).")
    }
    var operations: [any ImageOperation] = []
    for model in ModelDescriptor.shipped.filter({ !verbs.contains($0.verb) }) + extra {
      operations.append(try RunflowOperation(model, configuration))
    }
    return operations
  }
}
