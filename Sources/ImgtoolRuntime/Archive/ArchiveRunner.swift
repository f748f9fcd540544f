// SPDX-License-Identifier: Apache-2.0

import Foundation
public import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe

/// One order for all pictures of a zip: each is judged, prepared and verified as a picture alone would be, and all are
/// sent as one request.
extension Runner {
  /// A picture of the zip: what is ordered for it, and what is known before anything is sent.
  private struct Part {
    var plan: Plan
    var report: JobReport
  }

  /// Everything that is known before a pixel is decoded or a byte sent, for each picture; nothing is written.
  ///
  /// - Throws: as `preflight` of one picture, naming the picture; `.unsupported` for an operation that takes no zip,
  ///   `.usage` for one with attachments, `.budget` where all of them together cost more than the plan allows.
  public func preflight(_ plan: ArchivePlan) async throws -> ArchiveReport {
    let scratch = try Scratch()
    return ArchiveReport(pictures: try await parts(of: plan, in: scratch.path).map(\.report))
  }

  /// Does the job: orders once, and writes a result for each picture.
  ///
  /// Where one picture is refused nothing is sent. A result that fails is kept beside its name, the others are written.
  /// - Throws: as `run` of one picture; `.storage` before anything is spent where a name is taken.
  public func run(
    _ plan: ArchivePlan, progress: @escaping @Sendable (Double, String) -> Void = { _, _ in }
  ) async throws -> ArchiveReport {
    let scratch = try Scratch()
    let deadline = plan.order.timeout.map { ContinuousClock.now + $0 }
    var parts = try await parts(of: plan, in: scratch.path)
    let planned = ArchiveReport(pictures: parts.map(\.report))
    guard planned.state == .planned else { return planned }
    let folder = try OutputFolder(plan.order.output)
    for part in parts { try folder.demandRoom(for: part.plan) }

    progress(0, "prepare")
    let operation = try catalog.operation(named: plan.order.operation)
    let input = try await packed(&parts, operation, in: scratch.path, deadline)
    let outcome = try await operation.perform(
      input, plan.order.parameters,
      in: OperationContext(
        encoding: plan.order.encoding, scratch: scratch.path, deadline: deadline,
        progress: { share, step in progress(min(0.05 + max(share, 0) * 0.8, 0.85), step) },
        conductor: conductor))
    return try await conclude(outcome, parts, plan, in: scratch.path, progress)
  }

  /// Finds a folder or a name that cannot be written, before results are waited for.
  ///
  /// A name that is taken is no fault yet: what lies there may be the result of an earlier process.
  /// - Parameter members: what was sent.
  /// - Throws: `.storage`, `.usage`.
  public func demandRoom(for plan: ArchivePlan, members: [PreparedImage.Member]) throws(ImgtoolError) {
    let folder = try OutputFolder(plan.order.output)
    for var part in try Self.plans(of: plan, members) {
      part.replaces = true
      try folder.demandRoom(for: part)
    }
  }

  /// Verifies and writes results that are there already: those of a paid job that was resumed.
  ///
  /// A result that lies under its name from before, the same to the byte, is left there.
  /// - Parameters:
  ///   - plan: as for `run`; where its zip is gone or changed, the results are not compared with it.
  ///   - members: what was sent.
  /// - Throws: as `run`.
  public func conclude(
    _ outcome: OperationOutcome, of plan: ArchivePlan, members: [PreparedImage.Member]
  ) async throws -> ArchiveReport {
    let scratch = try Scratch()
    let operation = try catalog.operation(named: plan.order.operation)
    let pictures = try await Self.unpacked(plan.order.input, in: scratch.path, orNothing: true)
    var parts: [Part] = []
    for (member, named) in zip(members, try Self.plans(of: plan, members)) {
      var part = named
      let picture = pictures.first { $0.name == member.name }
      let facts = picture.flatMap { try? Probe.facts(ofFile: $0.path) }  // what cannot be read is not compared
      part.input = facts == member.facts ? picture?.path ?? "" : ""
      parts.append(
        Part(
          plan: part,
          report: JobReport(
            operation: part.operation, parameters: part.parameters, input: member.name, inputFacts: member.facts,
            state: .planned, preflight: [], placement: nil,
            price: try operation.contract(for: member.facts, part.parameters).price)))
    }
    return try await conclude(outcome, parts, plan, in: scratch.path, { _, _ in })
  }

  // MARK: before

  private func parts(of plan: ArchivePlan, in scratch: String) async throws -> [Part] {
    guard plan.order.attachments.isEmpty else {
      throw ImgtoolError(.usage, "Files cannot go along with a zip: which picture they are for is not told.")
    }
    let pictures = try await Self.unpacked(plan.order.input, in: scratch)
    var parts: [Part] = []
    for picture in pictures {
      var part = plan.order
      (part.input, part.name, part.maximumCost) = (picture.path, picture.name, nil)
      let facts: ImageFacts
      do {
        facts = try Probe.facts(ofFile: picture.path)
      } catch {
        throw error.about(picture.name)
      }
      let contract = try catalog.operation(named: part.operation).contract(for: facts, part.parameters)
      guard pictures.count <= contract.sends.maximumPictures else {
        throw contract.sends.maximumPictures == 1
          ? ImgtoolError(.unsupported, "\(part.operation) takes one picture and no zip: give its pictures one by one.")
          : ImgtoolError(
            .limit, "The zip holds \(pictures.count) pictures; \(contract.sends.maximumPictures) fit into a request.")
      }
      part.encoding = try plan.encoding(for: facts.format)
      part.output = Self.output(in: plan.order.output, picture.stem, part.encoding.format)
      parts.append(Part(plan: part, report: try preflight(part)))
    }
    let price = parts.map(\.report.price).reduce(.zero, +)
    if let most = plan.order.maximumCost, price > most {
      throw ImgtoolError(
        .budget, "\(plan.order.operation) costs \(price) for \(parts.count) pictures; \(most) may be spent.")
    }
    return parts
  }

  /// The pictures of a zip, unpacked on a thread that may block.
  ///
  /// - Parameter orNothing: whether a zip that cannot be unpacked is one without pictures.
  private static func unpacked(_ path: String, in scratch: String, orNothing: Bool = false) async throws
    -> [PictureArchive.Picture]
  {
    let folder = try Scratch.subfolder("pictures", of: scratch)
    return try await withTaskExecutorPreference(FileThreads.shared) {
      do {
        return try PictureArchive(unpacking: path, into: folder).pictures
      } catch  where orNothing {
        return []
      }
    }
  }

  /// What is ordered for each picture that was sent; its place on this disk is still to be found.
  private static func plans(of plan: ArchivePlan, _ members: [PreparedImage.Member]) throws(ImgtoolError) -> [Plan] {
    let stems = PictureArchive.stems(of: members.map { OutputName.lastComponent(of: $0.name) })
    var plans: [Plan] = []
    for (member, stem) in zip(members, stems) {
      var part = plan.order
      part.name = member.name
      part.encoding = try plan.encoding(for: member.facts.format)
      part.output = output(in: plan.order.output, stem, part.encoding.format)
      plans.append(part)
    }
    return plans
  }

  private static func output(in folder: String, _ stem: String, _ format: ImageFormat) -> String {
    "\(folder)/\(stem).\(format.extensions[0])"
  }

  /// Brings every picture into the form the operation takes, proves it whole, and packs all of them.
  private func packed(
    _ parts: inout [Part], _ operation: any ImageOperation, in scratch: String, _ deadline: ContinuousClock.Instant?
  ) async throws -> PreparedImage {
    var zip = try ZipFile("\(scratch)/input.zip")
    var members: [PreparedImage.Member] = []
    var room = ByteCount(Int.max)
    for index in parts.indices {
      let (plan, report) = (parts[index].plan, parts[index].report)
      let contract = try operation.contract(for: report.inputFacts, plan.parameters)
      room = contract.sends.maximumBytes
      do {
        let prepared = try await Preparer(pool: pool).prepare(
          plan.input, report.inputFacts, as: contract.sends, policy: plan.policy.merged(with: contract.policy),
          isPaid: true, in: try Scratch.subfolder("prepared-\(index)", of: scratch), deadline: deadline)
        parts[index].report.prepared = prepared.statement
        parts[index].report.passedThrough = prepared.image.isOriginal
        guard case .file(let path) = prepared.image.bytes else { continue }
        let facts = prepared.image.facts
        try zip.add(
          try WholeFile.bytes(of: path, most: contract.sends.maximumBytes),
          as: "\(ArchivePairing.stem(index)).\(facts.format.extensions[0])")
        members.append(PreparedImage.Member(name: plan.inputName, facts: report.inputFacts))
      } catch let error as ImgtoolError where [.input, .limit, .unsupported].contains(error.kind) {
        throw error.about(plan.inputName)
      }
    }
    let length = try zip.commit()
    guard length <= room else {
      throw ImgtoolError(.limit, "The pictures come to \(length) as they are sent; \(room) fit into one request.")
    }
    guard let input = PreparedImage(zip: "\(scratch)/input.zip", byteCount: length, members: members) else {
      throw ImgtoolError(.fault, "No picture was packed.")
    }
    return input
  }

  // MARK: after

  private func conclude(
    _ outcome: OperationOutcome, _ parts: [Part], _ plan: ArchivePlan, in scratch: String,
    _ progress: @Sendable (Double, String) -> Void
  ) async throws -> ArchiveReport {
    let folder = try OutputFolder(plan.order.output)
    let results = ArchivePairing.results(named: outcome.images.map(\.name), for: parts.count)
    let costs = outcome.cost.parts(parts.count)
    var report = ArchiveReport(pictures: [])
    for (index, part) in parts.enumerated() {
      progress(0.85 + 0.15 * Double(index) / Double(parts.count), "verify")
      var picture = part.report
      if let result = results[index] {
        do {
          try Task.checkCancellation()
          picture = try await verified(outcome.images[result], part, plan, folder, in: scratch, index)
        } catch {
          throw Self.unfinished(error, after: index, of: parts.count, outcome.details["job"])
        }
        try kill.at(.placed)
      } else {
        picture.state = .rejected
        picture.remarks = [Finding("zip.missing", .fail, "No result came back for this picture.")]
      }
      picture.cost = costs[index]
      picture.remoteID = outcome.remoteID
      picture.remarks += outcome.findings
      picture.details = outcome.details
      report.pictures.append(picture)
    }
    let paired = Set(results.compactMap(\.self))
    for index in outcome.images.indices where !paired.contains(index) {
      report.strays.append(try folder.keepStray(outcome.images[index].bytes, number: index + 1))
    }
    progress(1, "done")
    return report
  }

  /// What stopped the work between two results, and how to go on.
  private static func unfinished(_ error: any Error, after count: Int, of all: Int, _ job: String?) -> ImgtoolError {
    let cause = error as? ImgtoolError ?? ImgtoolError(.cancelled, "Stopped.", retry: .later)
    guard let job else { return cause }
    return ImgtoolError(
      cause.kind,
      "\(cause.message) \(count) of \(all) results are written; `imgtool jobs resume \(job)` writes the rest.",
      retry: cause.retry, context: cause.context.merging(["job": job]) { own, _ in own }, underlying: cause.underlying)
  }

  /// Verifies and finishes one result out of the way, and puts it where it belongs.
  private func verified(
    _ image: OperationOutcome.Image, _ part: Part, _ plan: ArchivePlan, _ folder: borrowing OutputFolder,
    in scratch: String, _ index: Int
  ) async throws -> JobReport {
    var order = part.plan
    let own = try Scratch.subfolder("result-\(index)", of: scratch)
    order.output = "\(own)/\(OutputName.lastComponent(of: part.plan.output))"
    // What a result costs is told here and not there: the journal has it, so nothing needs to be rescued.
    let judged = try await conclude(
      OperationOutcome(images: [image]), of: order, input: part.report.inputFacts)
    var picture = judged
    (picture.preflight, picture.placement) = (part.report.preflight, part.report.placement)
    (picture.prepared, picture.passedThrough) = (part.report.prepared, part.report.passedThrough)
    for index in picture.outputs.indices {
      picture.outputs[index].path = try folder.place(
        picture.outputs[index].path, as: part.plan.output, isRejected: judged.state == .rejected,
        replaces: plan.order.replaces)
    }
    return picture
  }
}
