// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe

/// The files that go along with an input, such as masks: judged and prepared as the input itself is.
extension Runner {
  /// What the headers of a plan's attachments say, and what stands against sending them.
  ///
  /// - Parameter facts: those of the input.
  /// - Throws: `.usage` for a parameter that takes no file; what probing throws.
  func looked(
    at plan: Plan, _ contract: OperationContract, _ facts: ImageFacts
  ) throws(ImgtoolError) -> [JobReport.Attachment] {
    // A digest in the parameters stands for a file that goes along, and only here is one put there.
    if let name = contract.attachments.keys.sorted().first(where: plan.parameters.isAttachment) {
      throw ImgtoolError(.usage, "\(name) names a file that does not go along.")
    }
    var attachments: [JobReport.Attachment] = []
    for (parameter, path) in plan.attachments.sorted(by: { $0.key < $1.key }) {
      guard let form = contract.attachments[parameter] else {
        throw ImgtoolError(.usage, "The parameter \(parameter) of \(plan.operation) takes no file.")
      }
      do {
        let own = try Probe.facts(ofFile: path)
        var findings = Preflight(plan.policy.merged(with: form.policy)).judge(own, name: path)
        findings.add(try Structure.check(file: path, limits: plan.policy.decoding ?? pool.decoding))
        if form.isMask, own.displaySize != facts.displaySize {
          findings.append(
            Finding(
              "mask.size", .fail, "The mask has another size than the picture.", measured: .size(own.displaySize),
              allowed: .size(facts.displaySize)))
        }
        attachments.append(.init(parameter: parameter, path: path, facts: own, findings: findings))
      } catch {
        throw error.about(path)
      }
    }
    return attachments
  }

  /// The files that go along, each in the form it is sent in, and the parameters that name them by what they hold.
  ///
  /// - Throws: `.preflight` for a mask that marks nothing; what preparing throws.
  func attachments(
    of plan: Plan, _ contract: OperationContract, in scratch: String, _ deadline: ContinuousClock.Instant?
  ) async throws -> (files: [String: PreparedImage], parameters: Parameters) {
    var (files, digests) = ([String: PreparedImage](), [String: String]())
    for (index, (parameter, path)) in plan.attachments.sorted(by: { $0.key < $1.key }).enumerated() {
      guard let form = contract.attachments[parameter] else { continue }
      do {
        let folder = try Scratch.subfolder("attachment-\(index)", of: scratch)
        let policy = plan.policy.merged(with: form.policy)
        let prepared = try await Preparer(pool: pool).prepare(
          path, try Probe.facts(ofFile: path), as: form.sends, policy: policy, isPaid: true, in: folder,
          deadline: deadline
        ).image
        if form.isMask { try await demandMark(in: prepared, policy, deadline) }
        digests[parameter] = try await InputDigest.digest(of: prepared.bytes, prepared.byteCount)
        files[parameter] = prepared
      } catch let error as ImgtoolError where error.kind == .input || error.kind == .preflight {
        throw error.about(path)
      }
    }
    return (files, plan.parameters.attaching(digests))
  }

  /// Refuses a mask in which nothing is brighter than a thirty-second of white: there is nothing to be done.
  private func demandMark(
    in mask: PreparedImage, _ policy: InputPolicy, _ deadline: ContinuousClock.Instant?
  ) async throws {
    let admitted = try Gate(policy.decoding ?? pool.decoding).admit(mask.bytes)
    let decoded = try await pool.pool().run(cost: PixelCost.estimate(facts: mask.facts), deadline: deadline) {
      try ReducedDecode.of(admitted, longSide: 1024, on: $0)
    }
    guard let brightest = decoded.picture?.luma.max(), brightest < 8 else { return }
    throw ImgtoolError(.preflight, "The mask is empty: nothing in it is marked.", context: ["rule": "mask.empty"])
  }
}
