// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import ImgtoolCore
import Synchronization
import Testing

@testable import RunflowServer

@Suite struct DurabilityTests {
  /// The first server is left at a step as a killed process would leave it; a second one takes up the folder.
  @Test(arguments: Foreman.Step.allCases)
  func aRunLeftAtAnyStepEndsOnceAndIsChargedOnce(step: Foreman.Step) async throws {
    try await withFolder { folder in
      try await withReceiver { receiver in
        let halted = AsyncStream.makeStream(of: String.self)
        var first = ServerSetup()
        first.folder = folder
        first.reached = { reached, id in
          guard reached == step else { return }
          halted.continuation.yield(id)
          throw Halt()
        }
        try await withServer(first) { client in
          let image = try await client.upload(Pictures.png(width: 4, height: 4))
          _ = try await client.post(resizeRuns, client.order(image, ref: "app:1", callback: receiver.base))
          for await _ in halted.stream { break }
        }
        var second = ServerSetup()
        second.folder = folder
        try await withServer(second) { client in
          let found = try await client.get("/v1/runs?q=client_ref.EQ:'app:1'").json["items"]?.items ?? []
          #expect(found.count == 1)
          let run = try await client.finished(found.first?["id"]?.text ?? "")
          #expect(run["status_code"] == "succeeded")
          #expect(try await client.get(run["output"]?["outputs"]?[0]?["url"]?.text ?? "").status == 200)
          #expect(try await client.get("/v1/billing/balance").json["balance"] == "999.45")
          #expect(await receiver.next(1).count == 1)
        }
      }
    }
  }

  @Test func aRunThatStopsTheServerAgainAndAgainFails() async throws {
    try await withFolder { folder in
      for _ in 0..<RunBook.maximumAttempts {
        let halted = AsyncStream.makeStream(of: Void.self)
        var setup = ServerSetup()
        setup.folder = folder
        setup.reached = { step, _ in
          guard step == .fetched else { return }
          halted.continuation.yield()
          throw Halt()
        }
        try await withServer(setup) { client in
          if try await client.get("/v1/runs").json["items"] == [] {
            _ = try await client.post(resizeRuns, client.order(try await client.upload([1])))
          }
          for await _ in halted.stream { break }
        }
      }
      var last = ServerSetup()
      last.folder = folder
      try await withServer(last) { client in
        let id = try await client.get("/v1/runs").json["items"]?[0]?["id"]?.text ?? ""
        #expect(try await client.finished(id)["failure_code"] == "WORKER_LOST")
        #expect(try await client.get("/v1/billing/balance").json["balance"] == "1000.00")
      }
    }
  }

  @Test func aLostReplyIsFoundAgainAfterARestart() async throws {
    try await withFolder { folder in
      var setup = ServerSetup()
      setup.folder = folder
      setup.configure = { $0.hasFaults = true }
      let body = Mutex<JSON>(.null)
      try await withServer(setup) { client in
        let order = client.order(try await client.upload([1]), ref: "app:1")
        body.withLock { $0 = order }
        try await client.faults(["on": "createRun", "do": "drop_after"])
        _ = try? await client.post(resizeRuns, order, key: "k")  // the reply is lost
      }
      try await withServer(setup) { client in
        let order = body.withLock { $0 }
        let found = try await client.get("/v1/runs?q=client_ref.EQ:'app:1'").json["items"]?.items ?? []
        #expect(found.count == 1)
        // The key is remembered across the restart as well.
        #expect(try await client.post(resizeRuns, order, key: "k").json["id"] == found.first?["id"])
      }
    }
  }

  @Test func signedURLsOutliveTheProcess() async throws {
    try await withFolder { folder in
      var setup = ServerSetup()
      setup.folder = folder
      let url = Mutex("")
      try await withServer(setup) { client in
        let made = try await client.post(resizeRuns, client.order("data:image/png;base64,iVBORw0KGgo="))
        url.withLock { $0 = made.json["input"]?["image_url"]?.text?.replacing(client.base, with: "") ?? "" }
      }
      try await withServer(setup) { client async throws in
        let path = url.withLock { $0 }
        #expect(path.hasPrefix("/storage/"))
        #expect(try await client.get(path).status == 200)
      }
    }
  }

  @Test func aStopGivesBackWhatIsNotFinished() async throws {
    try await withFolder { folder in
      let began = AsyncStream.makeStream(of: Void.self)
      let count = Counter()
      var setup = ServerSetup()
      setup.folder = folder
      setup.operations = [
        StubOperation.resize(count: count) { _, _, _ in
          began.continuation.yield()
          if count.value == 1 { try await Task.sleep(for: .seconds(3600)) }
          return OperationOutcome(images: [.init(.memory(Pictures.png(width: 4, height: 3)))])
        }
      ]
      let id = Mutex("")
      try await withServer(setup) { client in
        let made = try await client.post(resizeRuns, client.order(try await client.upload([1])))
        id.withLock { $0 = made.json["id"]?.text ?? "" }
        for await _ in began.stream { break }
      }
      let store = try Store(folder: folder)
      let left = try await store.read { db in try RunRow.fetchAll(db, sql: "SELECT * FROM run") }
      #expect(left.map(\.status) == ["queued"])
      #expect(left.map(\.attempts) == [0])
      try store.close()
      try await withServer(setup) { client async throws in
        #expect(try await client.finished(id.withLock { $0 })["status_code"] == "succeeded")
      }
    }
  }

  @Test func oneServerHoldsAFolderAtATime() async throws {
    try await withFolder { folder in
      var setup = ServerSetup()
      setup.folder = folder
      let same = setup
      try await withServer(setup) { _ in
        let error = await #expect(throws: ImgtoolError.self) { try await withServer(same) { _ in } }
        #expect(error?.kind == .busy)
      }
      try await withServer(setup) { client async throws in #expect(try await client.get("/v1/health").status == 200) }
    }
  }

  @Test func aRefusedLockClosesNoOtherDescriptor() async throws {
    try await withFolder { folder in
      _ = try FileStore(root: folder)
      let held = try DataLock(folder: folder)
      let lost = await withTaskGroup(of: Int.self) { tasks in
        tasks.addTask {
          for _ in 0..<5_000 {
            #expect(throws: ImgtoolError.self) { _ = try DataLock(folder: folder) }
          }
          return 0
        }
        tasks.addTask {
          (0..<5_000).reduce(into: 0) { lost, _ in
            let mine = (0..<16).map { _ in open("/dev/null", O_RDONLY | O_CLOEXEC) }
            lost += mine.count { close($0) != 0 }
          }
        }
        return await tasks.reduce(0, +)
      }
      #expect(lost == 0)
      _ = consume held
    }
  }

  @Test func transactionsAreFlushedToDisk() async throws {
    try await withFolder { folder in
      _ = try FileStore(root: folder)
      let store = try Store(folder: folder)
      #expect(try await store.synchronous() == 2)
      try store.close()
    }
  }

  @Test func aDamagedDatabaseIsReportedAndLeftAlone() async throws {
    try await withFolder { folder in
      let files = try FileStore(root: folder)
      try await files.write(
        [UInt8]("this is no database, and it is long enough to be read as one".utf8), to: "runflow.sqlite")
      #expect(throws: ImgtoolError.self) { try Store(folder: folder) }
      #expect(try await files.length("runflow.sqlite") == 60)
    }
  }

  @Test func aRunIsChargedOnceWhoeverSettlesIt() async throws {
    try await withFolder { folder in
      _ = try FileStore(root: folder)
      let store = try Store(folder: folder)
      let signer = URLSigner(key: [1], now: { Timestamp(microseconds: 0) }, base: { "http://127.0.0.1" })
      let composer = CallbackComposer(renderer: RecordRenderer(signer: signer, shapes: [:]), random: { 1 })
      let book = RunBook(ledger: Ledger(opening: .cents(100)), composer: composer)
      let run = RunRow(
        id: "r", organisation: "o", model: "m", modelID: "m", status: "running", input: "{}", output: nil,
        metadata: nil, clientRef: nil, callbackURL: nil, requestID: "q", batchID: nil, sequenceIndex: nil,
        price: 550_000, cost: nil, attempts: 1, createdAt: 0, startedAt: 0, completedAt: nil, failureCode: nil,
        failureMessage: nil, failureStage: nil)
      try await store.write { db in try run.insert(db) }
      let settled = try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<16 {
          group.addTask {
            try await store.write { db in
              try book.settle("r", .succeeded(StoredOutput(files: ["x"])), now: Timestamp(microseconds: 1), in: db)
                != nil
            }
          }
        }
        return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(settled == 1)
      #expect(try await store.read { try Int.fetchOne($0, sql: "SELECT amount FROM balance") } == 450_000)
      // Even with its state forged back, the second charge breaks the transaction.
      await #expect(throws: DatabaseError.self) {
        try await store.write { db in
          try db.execute(sql: "UPDATE run SET status = 'running'")
          _ = try book.settle("r", .succeeded(StoredOutput(files: ["x"])), now: Timestamp(microseconds: 1), in: db)
        }
      }
      #expect(try await store.read { try Int.fetchOne($0, sql: "SELECT amount FROM balance") } == 450_000)
      try store.close()
    }
  }
}
