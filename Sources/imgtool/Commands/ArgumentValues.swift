// SPDX-License-Identifier: Apache-2.0

public import ArgumentParser
public import ImgtoolCore
public import ImgtoolPixels
public import ImgtoolRuntime

extension AspectRatio: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension ResolutionTier: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension PixelSize: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
  public var defaultValueDescription: String { "\(width)x\(height)" }
}

extension FrameContract: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension OperationName: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension Money: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension ImageFormat: ExpressibleByArgument {
  public init?(argument: String) {
    guard let format = ImageFormat(rawValue: argument.lowercased()) ?? ImageFormat(extension: argument) else {
      return nil
    }
    self = format
  }
}

extension Gravity: ExpressibleByArgument {}

extension ConformPlan.Mode: ExpressibleByArgument {}

extension CheckDepth: ExpressibleByArgument {}

extension NormaliseOptions.Lossless: ExpressibleByArgument {}

extension MetadataStrip: ExpressibleByArgument {}

extension ConductorOptions.Unknown: ExpressibleByArgument {}

extension EncodeOptions.Keep: ExpressibleByArgument {}
