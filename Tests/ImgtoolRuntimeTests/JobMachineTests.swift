// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

@testable import ImgtoolRuntime

@Suite struct JobMachineTests {
  typealias Fault = SimulatedService.Fault

  @Test func anUndisturbedJobGoesStraightThrough() {
    var play = Playground(SimulatedService([]))
    #expect(play.play() == .fetched)
    #expect(play.history == [.intent, .submitted, .terminal, .fetched])
    #expect(play.service.posts.count == 1)
  }

  /// 16 faults × first or first two requests × 10 crash points: the table of the reliability notes.
  @Test(arguments: Fault.honest, [1, 2])
  func everyFaultAndCrashPointPaysOnce(_ fault: Fault, times: Int) {
    for crash in -1..<9 {
      var service = SimulatedService(Array(repeating: fault, count: times))
      service.searchLag = .seconds(2)
      var play = Playground(service)
      if crash >= 0 { play.crashes = [crash] }
      let ending = play.play(seed: UInt64(crash + 2))
      let runs = play.service.runs.count
      if fault == .rejected, crash != 0 {
        #expect(ending == .failed && runs == 0, "\(fault) \(times) crash \(crash)")
      } else if ending == .held {
        #expect(runs == 0, "\(fault) \(times) crash \(crash): held while a run exists")
      } else {
        #expect(ending == .fetched && runs == 1, "\(fault) \(times) crash \(crash): \(String(describing: ending))")
      }
    }
  }

  /// The 90 combinations of the second guarantee: no request more while the settle window is open.
  @Test(arguments: [Fault.resetAfter, .createdLate, .error502Late, .silentCreated, .noID, .cutReply])
  func nothingIsSentAgainInsideTheSettleWindow(_ fault: Fault) {
    for lateness in [0, 1, 5, 20, 50] {
      for lag in [0, 2, 10] {
        var service = SimulatedService([fault])
        service.lateness = .seconds(lateness)
        service.searchLag = .seconds(lag)
        service.ignoresFilter = true
        var play = Playground(service)
        #expect(play.play() == .fetched)
        // What shows only after the window cannot be waited for; what comes before its end is.
        let early = play.service.posts.dropFirst().filter { $0 < .seconds(60) }
        #expect(early.isEmpty, "\(fault) \(lateness) s, lag \(lag) s")
        if lateness + lag >= 60 { continue }
        #expect(play.service.posts.count == 1 && play.service.runs.count == 1, "\(fault) \(lateness) s, lag \(lag) s")
        #expect(play.disk.run?.id == "0")
      }
    }
  }

  @Test func aRunThatIsGoneIsHeldAlsoByTheNextProcess() {
    var state = JobState()
    state.phase = .submitted
    state.run = RemoteRun(id: "0", status: .running, statusText: "running")
    var machine = JobMachine(state, reference: RunReference(1, 1), rules: JobRules(), dice: Dice(seed: 1))
    var now = Duration.zero
    var action = machine.handle(.resume, at: now)
    while case .poll = action, now < .seconds(600) {
      action = machine.handle(.polled(.missing), at: now)
      guard case .wait(let pause) = action else { break }
      now += pause
      action = machine.handle(.woken, at: now)
    }
    #expect(action == .stop(.held) && now < .seconds(60))
  }

  @Test func aSearchThatFailsBehindARateLimitIsNotRepeatedWithoutAPause() {
    var state = JobState()
    state.phase = .throttled
    var machine = JobMachine(state, reference: RunReference(1, 1), rules: JobRules(), dice: Dice(seed: 1))
    #expect(machine.handle(.resume, at: .zero) == .lookUp)
    guard case .wait(let pause) = machine.handle(.lookedUp(.inconclusive("down")), at: .zero) else {
      Issue.record("no pause")
      return
    }
    #expect(pause > .seconds(10))
  }

  /// Else whoever comes back to a service that is there again would be late.
  @Test(arguments: [JobPhase.submitted, .unknown])
  func nobodyWaitsLongerThanHalfAMinuteForAServiceThatIsDown(_ phase: JobPhase) {
    for seed in 0..<200 {
      var state = JobState()
      state.phase = phase
      state.run = phase == .submitted ? RemoteRun(id: "0", status: .running, statusText: "running") : nil
      var machine = JobMachine(
        state, reference: RunReference(1, 1), rules: JobRules(), dice: Dice(seed: UInt64(seed)))
      var (now, action) = (Duration.zero, machine.handle(.resume, at: .zero))
      while now < .seconds(600) {
        switch action {
        case .poll: action = machine.handle(.polled(.unavailable("down", after: nil)), at: now)
        case .lookUp: action = machine.handle(.lookedUp(.inconclusive("down")), at: now)
        case .wait(let pause):
          #expect(pause + (phase == .submitted ? RunPoller.moment * 2 : .zero) <= .seconds(30))
          now += pause
          action = machine.handle(.woken, at: now)
        default:
          Issue.record("\(action) for a service that is down")
          return
        }
      }
    }
  }

  @Test func aRunMadeBehindARateLimitIsFoundBeforeTheNextRequest() {
    var play = Playground(SimulatedService([.throttledThenLate]))
    #expect(play.play() == .fetched)
    #expect(play.service.posts.count == 1 && play.service.runs.count == 1)
  }

  @Test func holdingNeverSendsTwice() {
    var play = Playground(SimulatedService([.silentNever]))
    play.rules.resubmissions = 0
    #expect(play.play() == .held)
    #expect(play.service.posts.count == 1)
    #expect(play.now > .seconds(60))
  }

  @Test func anEmptyWindowSendsOnceMoreAndThenHolds() {
    var play = Playground(SimulatedService([.silentNever, .silentNever, .silentNever]))
    #expect(play.play() == .held)
    #expect(play.service.posts.count == 2)
  }

  @Test func aHeldJobSaysWhatTheServiceAnsweredAlsoAfterFailedSearchesAndLaterResumes() {
    var play = Playground(SimulatedService([.error503, .error503]))
    play.service.searchDownUntil = .seconds(90)
    #expect(play.play() == .held)
    let reason = "error503 No run carries the label of the request."
    #expect(play.disk.reason == reason)
    var machine = JobMachine(play.disk, reference: play.reference, rules: play.rules, dice: Dice(seed: 1))
    #expect(machine.handle(.resume, at: .zero) == .lookUp)
    for second in stride(from: 0, through: 120, by: 30) where machine.state.phase == .unknown {
      _ = machine.handle(.lookedUp(.found([])), at: .seconds(second))
    }
    #expect(machine.state.phase == .held && machine.state.reason == reason)
  }

  @Test func aRefusalAfterALostAnswerIsHeldAndNotCalledFree() {
    var play = Playground(SimulatedService([.silentNever, .rejected]))
    #expect(play.play() == .held)
    #expect(play.disk.phase == .held && play.disk.sent == 1)
  }

  @Test func aSearchThatIsDownNeverCountsAsNothingFound() {
    var service = SimulatedService([.resetAfter])
    service.searchDownUntil = .seconds(400)
    var play = Playground(service)
    #expect(play.play() == .fetched)
    #expect(play.service.posts.count == 1 && play.now > .seconds(400))
  }

  @Test func theDeadlineEndsTheWaitingAndNotTheRun() {
    var play = Playground(SimulatedService([]))
    play.rules.deadline = .zero
    #expect(play.play() == .stillRunning)
    #expect(play.disk.phase == .submitted && play.service.posts.count == 1)
    play.rules.deadline = nil
    var machine = JobMachine(play.disk, reference: play.reference, rules: play.rules, dice: Dice(seed: 3))
    #expect(machine.handle(.resume, at: .zero) == .poll)
  }

  @Test func twoRunsWithOneLabelAreReportedAndTheOlderIsKept() {
    var machine = JobMachine(reference: RunReference(1, 2), rules: JobRules(), dice: Dice(seed: 1))
    _ = machine.handle(.ready, at: .zero)
    _ = machine.handle(.submitted(.unknown("lost")), at: .zero)
    #expect(machine.handle(.woken, at: .seconds(2)) == .lookUp)
    let runs = [("b", Int64(9)), ("a", 4)].map {
      RemoteRun(
        id: $0.0, label: RunReference(1, 2).label, status: .running, statusText: "running", createdMilliseconds: $0.1)
    }
    _ = machine.handle(.lookedUp(.found(runs)), at: .seconds(2))
    #expect(machine.state.run?.id == "a" && machine.state.duplicates == 1)
  }

  /// The service makes the first run after the settle window, when the second request is long accepted.
  @Test(arguments: [false, true])
  func aRunThatTurnsUpAfterTheResubmissionIsCounted(_ crashes: Bool) {
    var service = SimulatedService([.createdLate])
    service.lateness = .seconds(70)
    var play = Playground(service)
    // At the last step the result is on disk and the search has not been made.
    if crashes { play.crashes = Set(0..<60) }
    #expect(play.play() == .fetched)
    #expect(play.service.runs.count == 2 && play.service.posts.count == 2)
    #expect(play.disk.phase == .fetched && play.disk.duplicates == 1)
  }

  @Test func aSearchThatFailsAfterTheResultKeepsNobodyWaiting() {
    var state = JobState()
    state.phase = .fetched
    state.sent = 2
    var machine = JobMachine(state, reference: RunReference(1, 1), rules: JobRules(), dice: Dice(seed: 1))
    #expect(machine.handle(.resume, at: .zero) == .lookUp)
    #expect(machine.handle(.lookedUp(.inconclusive("down")), at: .zero) == .stop(.fetched))
    #expect(machine.handle(.resume, at: .zero) == .lookUp)
    let refused = FindOutcome.refused(ImgtoolError(.credentials, "No."))
    #expect(machine.handle(.lookedUp(refused), at: .zero) == .stop(.fetched))
  }

  @Test func expiredAddressesAreRenewedThreeTimesByReadingTheRun() {
    var machine = JobMachine(reference: RunReference(1, 2), rules: JobRules(), dice: Dice(seed: 1))
    let run = RemoteRun(
      id: "r", status: .succeeded, statusText: "succeeded", results: [.init(address: "https://x.test/1")])
    _ = machine.handle(.ready, at: .zero)
    #expect(machine.handle(.submitted(.accepted(run)), at: .zero) == .poll)
    for _ in 0..<3 {
      #expect(machine.handle(.polled(.run(run)), at: .zero) == .fetch)
      #expect(machine.handle(.fetched(.expired), at: .zero) == .poll)
    }
    #expect(machine.handle(.polled(.run(run)), at: .zero) == .fetch)
    guard case .stop(.stopped(let error)) = machine.handle(.fetched(.expired), at: .zero) else {
      Issue.record("a fourth renewal")
      return
    }
    #expect(error.message.contains("run r") && machine.state.phase == .terminal)
  }

  @Test func resultsOfWhichSomeStayUnreadableAreFetchedFiveTimesAndThenTakenAsTheyAre() {
    var machine = JobMachine(reference: RunReference(1, 2), rules: JobRules(), dice: Dice(seed: 1))
    let run = RemoteRun(
      id: "r", status: .succeeded, statusText: "succeeded", results: [.init(address: "https://x.test/1")])
    _ = machine.handle(.ready, at: .zero)
    #expect(machine.handle(.submitted(.accepted(run)), at: .zero) == .poll)
    for _ in 0..<4 {
      #expect(machine.handle(.polled(.run(run)), at: .zero) == .fetch)
      guard case .wait = machine.handle(.fetched(.partlyUnreadable), at: .zero) else {
        Issue.record("no pause before the next try")
        return
      }
      #expect(machine.state.phase == .terminal)
      #expect(machine.handle(.woken, at: .zero) == .poll)
    }
    #expect(machine.handle(.polled(.run(run)), at: .zero) == .fetch)
    #expect(machine.handle(.fetched(.partlyUnreadable), at: .zero) == .stop(.fetched))
    #expect(machine.state.phase == .fetched)
  }

  @Test func pollsGrowFromTwoToTenSecondsWithinAFifth() {
    var machine = JobMachine(reference: RunReference(1, 2), rules: JobRules(), dice: Dice(seed: 5))
    _ = machine.handle(.ready, at: .zero)
    let run = RemoteRun(id: "r", status: .running, statusText: "a status from the future")
    var action = machine.handle(.submitted(.accepted(run)), at: .zero)
    var middle = 2.0
    for _ in 0..<40 {
      guard case .wait(let pause) = action else {
        Issue.record("no wait: \(action)")
        return
      }
      #expect(pause >= .seconds(middle * 0.8) && pause <= .seconds(middle * 1.2))
      middle = min(10, middle * 1.25)
      #expect(machine.handle(.woken, at: .zero) == .poll)
      action = machine.handle(.polled(.run(run)), at: .zero)
    }
  }

  /// A thousand runs that were accepted at one moment must not be read at one moment.
  @Test func pollsAreSpreadOverTheirFifth() {
    let run = RemoteRun(id: "r", status: .running, statusText: "running")
    let pauses = (0..<1000 as Range<UInt64>).compactMap { seed -> Duration? in
      var machine = JobMachine(reference: RunReference(1, 2), rules: JobRules(), dice: Dice(seed: seed))
      _ = machine.handle(.ready, at: .zero)
      guard case .wait(let pause) = machine.handle(.submitted(.accepted(run)), at: .zero) else { return nil }
      return pause
    }
    let bins = Dictionary(grouping: pauses) { Int($0 / .milliseconds(100)) }.mapValues(\.count)
    #expect(pauses.count == 1000 && bins.count >= 8 && (bins.values.max() ?? 0) < 250, "\(bins)")
  }

  /// 10,000 seeded lists of faults, lags and crashes.
  @Test func noRandomHistoryPaysTwiceOrLosesAResult() {
    for seed in 0..<10_000 as Range<UInt64> {
      var dice = Dice(seed: seed)
      let faults = (0..<Int.random(in: 0...3, using: &dice)).compactMap { _ in Fault.honest.randomElement(using: &dice)
      }
      var service = SimulatedService(faults)
      service.searchLag = .seconds(Int.random(in: 0...9, using: &dice))
      service.lateness = .seconds(Int.random(in: 0...45, using: &dice))
      service.ignoresFilter = Bool.random(using: &dice)
      service.searchDownUntil = .seconds(Int.random(in: 0...200, using: &dice))
      var play = Playground(service)
      play.rules.resubmissions = Int.random(in: 0...1, using: &dice)
      play.crashes = Set((0..<Int.random(in: 0...4, using: &dice)).map { _ in Int.random(in: 0...12, using: &dice) })
      let ending = play.play(seed: seed)
      #expect(play.service.runs.count <= 1, "seed \(seed): \(faults)")
      #expect(ending != nil, "seed \(seed) does not end")
      #expect(play.disk.sent <= 1 + play.rules.resubmissions, "seed \(seed)")
      if ending == .fetched { #expect(play.disk.phase == .fetched && play.service.runs.count == 1) }
      if ending == .failed || ending == .held { #expect(play.service.runs.isEmpty, "seed \(seed) lost a run") }
    }
  }
}
