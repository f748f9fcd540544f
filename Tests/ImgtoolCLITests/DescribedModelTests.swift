// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolTesting
import Testing

/// Models a user describes, at the local server.
@Suite struct DescribedModelTests {
  @Test func theServerOffersTheModelsOfTheUsersFolder() async throws {
    let folder = try TestFolder()
    try folder.write(SamplePictures.scene(PixelSize(clamping: 400, 300)).png(), as: "in.png")
    let model = """
      {"id": "acme/soft-skin", "verb": "skin-fix", "summary": "Softens skin.", "price": "0.02",
       "inputs": [{"name": "image_url", "kind": "image", "summary": "The portrait."}]}
      """
    try folder.write(Array(model.utf8), as: "models/skin.json")
    let served = try ServedTool(in: folder, ["--echo"], models: folder.path("models"))
    let run = try await served.run([
      "run", "runflow.skin-fix", "--journal", "journal", "--json", "-o", "out.png", "in.png",
    ])
    #expect(try run.object?["cost"] as? String == "0.02", "\(run)")
    let job = try #require(try await served.jobs().first)
    #expect(job["model"] as? String == "acme/soft-skin")
    try folder.write(Array("{".utf8), as: "models/skin.json")
    let broken = try await Tool.run(
      ["serve", "--port", "0", "--data", "other"], in: folder, prelude: "export RUNFLOW_MODELS=models ;")
    #expect(broken.code == ImgtoolError.Kind.usage.exitCode && broken.errors.contains("skin.json"), "\(broken)")
  }
}
