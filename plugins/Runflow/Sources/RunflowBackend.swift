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

  /// The operations of the shipped models and of those in the user's folder: `$RUNFLOW_MODELS`, else `imgtool/models`
  /// under `$XDG_CONFIG_HOME` or `~/.config`.
  ///
  /// - Throws: `.usage` for a folder that is missing though named, a file that is not valid, and as above.
  public static func operations(_ configuration: RunflowConfiguration, environment: [String: String])
    throws(ImgtoolError) -> [any ImageOperation]
  {
    try operations(configuration, extra: describedModels(environment: environment))
  }

  /// The models in the user's folder, by the names of their files; none where there is no folder.
  ///
  /// - Throws: `.usage` for a folder that is missing though named, and naming a file that is not valid.
  public static func describedModels(environment: [String: String]) throws(ImgtoolError) -> [ModelDescriptor] {
    try ModelFolder.reading(environment: environment)
  }
}
