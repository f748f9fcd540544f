// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolTesting
import Testing

/// `imgtool frame`: numbers from ratio and tier, exact to the byte.
@Suite struct FrameCommandTests {
  @Test(arguments: [
    (["--ratio", "4:3", "--res", "2K"], "2048x1536\n"),
    (["--ratio", "21:9", "--res", "4K"], "4096x1755\n"),
    (["--ratio", "21:9", "--res", "4K", "--multiple-of", "8"], "4096x1752\n"),
    (["--ratio", "9:16", "--res", "1k"], "576x1024\n"),
    (["--ratio", "2.35:1", "--resolution", "1K"], "1024x436\n"),
    (["--ratio", "4:3", "--res", "1K", "--contract", "area"], "1182x887\n"),
    (["--size", "30x20"], "30x20\n"),
    (
      ["--ratio", "1:1", "--res", "1K", "--source", "4000x3000"],
      "1024x1024\nsource 4000×3000 → 1024×768 at 0,128, scale 0.256, 25.0 % new pixels\n"
    ),
    (
      ["--ratio", "1:1", "--res", "1K", "--source", "4000x3000", "--gravity", "north"],
      "1024x1024\nsource 4000×3000 → 1024×768 at 0,0, scale 0.256, 25.0 % new pixels\n"
    ),
  ])
  func printsTheTarget(_ words: [String], _ expected: String) async throws {
    let run = try await Tool.run(["frame"] + words, in: TestFolder())
    #expect(run.code == 0, "\(run.errors)")
    #expect(run.output == expected)
  }

  @Test func printsJSON() async throws {
    let run = try await Tool.run(
      ["frame", "--ratio", "21:9", "--res", "4K", "--source", "4000x3000", "--json"], in: TestFolder())
    let object = try #require(try run.object)
    #expect(object["schemaVersion"] as? Int == 1)
    #expect(object["request"] as? String == "21:9 at 4K")
    #expect(object["contract"] as? String == "longSide")
    #expect(object["width"] as? Int == 4096)
    #expect(object["height"] as? Int == 1755)
    let placement = try #require(object["placement"] as? [String: Any])
    #expect(placement["width"] as? Int == 2340)
    #expect(placement["height"] as? Int == 1755)
    #expect(placement["x"] as? Int == 878)
    #expect(placement["y"] as? Int == 0)
    #expect(placement["scale"] as? Double == 0.585)
    let share = try #require(placement["newShare"] as? Double)
    #expect(abs(share - (1 - 2340.0 / 4096)) < 1e-9)
  }
}

extension Tool.Run {
  /// Each line of standard output as a JSON object.
  var objects: [[String: Any]] {
    get throws {
      try outputLines.map { line in
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
      }
    }
  }

  /// The one object on standard output; nothing where there is another number of lines.
  var object: [String: Any]? {
    get throws {
      let objects = try objects
      return objects.count == 1 ? objects[0] : nil
    }
  }
}
