// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

/// An operation that does nothing, for catalogs.
private struct Idle: ImageOperation {
  let name: OperationName
  let summary = "Does nothing."
  let parameters: [ParameterSpec] = []
  let price = Money.zero

  func contract(for input: ImageFacts, _ parameters: Parameters) throws(ImgtoolError) -> OperationContract {
    OperationContract(policy: InputPolicy(), price: price, sends: SendForm(), expects: Expectation(frame: .sameAsInput))
  }

  func perform(_ input: PreparedImage, _ parameters: Parameters, in context: OperationContext) async throws
    -> OperationOutcome
  {
    context.progress(1, "idle")
    try await context.noteRemoteID("none")
    return OperationOutcome(images: [OperationOutcome.Image(input.bytes, name: "same.jpg")])
  }
}

struct OperationNameTests {
  @Test(arguments: ["local.smart-resize", "runflow.skin-fix", "a.b", "a1-.z9-"])
  func namesAreBackendAndVerb(text: String) throws {
    let name = try #require(OperationName(text))
    #expect(name.description == text)
    #expect("\(name.backend).\(name.verb)" == text)
    #expect(OperationName(backend: name.backend, verb: name.verb) == name)
    #expect(try rewritten(name) == name)
  }

  @Test(arguments: [
    "", ".", "local", "local.", ".resize", "local.smart.resize", "Local.resize", "local.Resize", "1.a", "a.1", "-a.b",
    "a b.c", "a_b.c", "é.a", "a.e\u{301}",
  ])
  func otherNamesAreRefused(text: String) {
    #expect(OperationName(text) == nil)
    #expect(throws: (any Error).self) { try read(OperationName.self, "\"\(text)\"") }
  }

  @Test func aPartHas64BytesAtMost() {
    let word = String(repeating: "a", count: 64)
    #expect(OperationName(backend: word, verb: word) != nil)
    #expect(OperationName(backend: word + "a", verb: "b") == nil)
    #expect(OperationName(backend: "b", verb: word + "a") == nil)
  }
}

struct OperationCatalogTests {
  @Test func operationsAreFoundByNameInTheOrderGiven() throws {
    let catalog = try OperationCatalog([Idle(name: "b.idle"), Idle(name: "a.idle")])
    #expect(catalog.operations.map(\.name) == ["b.idle", "a.idle"])
    #expect(try catalog.operation(named: "a.idle").name == "a.idle")
  }

  @Test func aNameTwiceIsAFault() {
    #expect { try OperationCatalog([Idle(name: "a.idle"), Idle(name: "a.idle")]) } throws: {
      ($0 as? ImgtoolError)?.kind == .fault
    }
  }

  @Test func anUnknownOperationIsUnsupportedAndTheKnownAreNamed() throws {
    let catalog = try OperationCatalog([Idle(name: "b.idle"), Idle(name: "a.idle")])
    let error = try #require(throws: ImgtoolError.self) { try catalog.operation(named: "c.idle") }
    #expect(error.kind == .unsupported)
    #expect(error.message.contains("b.idle, a.idle"))
    let empty = try #require(throws: ImgtoolError.self) { try OperationCatalog([]).operation(named: "c.idle") }
    #expect(empty.kind == .unsupported)
  }

  @Test func anOperationGivesBackWhatItWasHanded() async throws {
    let facts = try photograph()
    let idle = Idle(name: "a.idle")
    let parameters = try Parameters([:], for: idle.parameters)
    let contract = try idle.contract(for: facts, parameters)
    #expect(contract.sends.formats == ImageFormat.allCases)
    #expect(contract.expects.frame == .sameAsInput)
    let input = PreparedImage(bytes: .memory([1, 2, 3]), facts: facts, isOriginal: true)
    let context = OperationContext(encoding: EncodeOptions(format: .jpeg), scratch: "scratch")
    let outcome = try await idle.perform(input, parameters, in: context)
    #expect(outcome.images == [OperationOutcome.Image(.memory([1, 2, 3]), name: "same.jpg")])
    #expect(outcome.cost == .zero && outcome.remoteID == nil && outcome.findings.isEmpty && outcome.details.isEmpty)
  }

  @Test func anEmptyCatalogSaysThatThereIsNone() throws {
    let error = try #require(throws: ImgtoolError.self) { try OperationCatalog([]).operation(named: "c.idle") }
    #expect(error.message == "There is no operation c.idle; there are: none.")
  }
}
