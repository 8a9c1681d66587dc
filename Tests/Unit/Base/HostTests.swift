import CLinux
import Core
import Host
import Testing

@Suite struct HostTests {
  let host = Host.real

  private func folder() async throws -> String {
    let path = "/tmp/mlt-host-test-" + World.real.hexID()
    try await host.makeDirectory(path)
    return path
  }

  @Test func aProgramGetsItsInputAndGivesItsOutputAndStatus() async throws {
    let input = [UInt8](repeating: 65, count: 300_000)
    let echoed = try await host.runOK("cat", [], input: input)
    #expect(echoed.stdout == input)
    let failed = try await host.run("sh", ["-c", "echo out; echo wrong >&2; exit 3"])
    #expect(failed.end == .exited(3))
    #expect(failed.text == "out\n")
    #expect(failed.errorText == "wrong\n")
  }

  @Test func aFailureCarriesTheCommandAndItsWords() async throws {
    let fault = await #expect(throws: Fault.self) { try await host.runOK("sh", ["-c", "echo 'no way' >&2; exit 1"]) }
    #expect(fault?.kind == .internalError)
    #expect(fault?.detail?.contains("no way") == true)
    #expect(fault?.detail?.contains("sh -c") == true)
  }

  @Test func outputBeyondTheLimitIsDroppedWithoutBlocking() async throws {
    let result = try await host.runOK("head", ["-c", "1000000", "/dev/zero"], limit: 1000)
    #expect(result.stdout.count == 1000)
  }

  @Test func aProgramThatTakesTooLongIsKilledWithItsChildren() async throws {
    let began = World.real.uptime()
    let fault = await #expect(throws: Fault.self) {
      try await host.run("sh", ["-c", "sleep 30 & wait"], timeout: .milliseconds(200))
    }
    #expect(fault?.kind == .timedOut)
    #expect(World.real.uptime() - began < .seconds(5))
  }

  @Test func cancellationKillsTheProgram() async throws {
    let began = World.real.uptime()
    let task = Task { try await host.run("sleep", ["30"]) }
    try await World.real.sleep(.milliseconds(100))
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(World.real.uptime() - began < .seconds(5))
  }

  @Test func aDaemonLeftBehindDoesNotHoldUpItsStarter() async throws {
    let began = World.real.uptime()
    try await host.runOK("sh", ["-c", "sleep 20 & exit 0"])
    #expect(World.real.uptime() - began < .seconds(15))
  }

  @Test func manyProgramsRunAtOnce() async throws {
    let sum = try await withThrowingTaskGroup(of: Int.self) { group in
      for i in 0..<50 { group.addTask { Int(try await host.runOK("echo", ["-n", "\(i)"]).text) ?? -1 } }
      return try await group.reduce(0, +)
    }
    #expect(sum == 1225)
  }

  @Test func aDaemonIsKnownByNumberAndStart() async throws {
    let folder = try await folder()
    let daemon = try await host.spawnDaemon("sh", ["-c", "echo up; exec sleep 60"], log: folder + "/log")
    #expect(daemon.isAlive)
    #expect(ProcessID(running: daemon.pid) == daemon)
    #expect(!ProcessID(pid: daemon.pid, started: daemon.started + 1).isAlive)
    for _ in 0..<500 where try await host.readFile(folder + "/log") != Array("up\n".utf8) {
      try await World.real.sleep(.milliseconds(10))
    }
    #expect(try await host.readFile(folder + "/log") == Array("up\n".utf8))
    try await host.ensureEnded(daemon)
    #expect(!daemon.isAlive)
    try await host.ensureEnded(daemon)
    try await host.remove(folder)
  }

  @Test func filesAreWrittenWholeAndReadBack() async throws {
    let folder = try await folder()
    try await host.writeFile(folder + "/a", Array("first".utf8), mode: 0o640)
    try await host.writeFile(folder + "/a", Array("second".utf8), mode: 0o640)
    try await host.appendFile(folder + "/a", Array("!".utf8))
    #expect(try await host.readFile(folder + "/a") == Array("second!".utf8))
    #expect(try await host.readTail(folder + "/a", count: 3) == Array("nd!".utf8))
    #expect(try await host.status(folder + "/a")?.mode == 0o640)
    let mask = umask(0o077)
    try await host.makeDirectory(folder + "/deep/er", mode: 0o755)
    umask(mask)
    #expect(try await host.status(folder + "/deep")?.mode == 0o755, "a daemon without root must get in")
    try await host.symlink("/etc", at: folder + "/deep/link")
    try await host.hardlink(folder + "/a", at: folder + "/b")
    await #expect(throws: Fault.self) { try await host.hardlink(folder + "/a", at: folder + "/b") }
    try await host.move(folder + "/b", to: folder + "/deep/b")
    try await host.allocate(folder + "/sparse", size: 1 << 30)
    let sparse = try await host.status(folder + "/sparse")
    #expect(sparse?.size == 1 << 30)
    #expect((sparse?.allocated ?? .max) < 1 << 20)
    #expect(try await host.list(folder) == ["a", "deep", "sparse"])
    try await host.remove(folder)
    #expect(try await host.exists(folder) == false)
    #expect(try await host.exists("/etc/passwd"), "a link inside the tree must not be followed")
  }

  @Test func aMissingFileIsNotFound() async throws {
    let fault = await #expect(throws: Fault.self) { try await host.readFile("/nowhere/at/all") }
    #expect(fault?.kind == .notFound)
  }

  @Test func scriptedCommandsAnswerInsteadOfTheMachine() async throws {
    let commands = ScriptedCommands { $0.program == "ip" ? CommandResult($0, stdout: Array("yes".utf8)) : nil }
    let scripted = Host(commands: commands)
    #expect(try await scripted.runOK("ip", ["link", "show"]).text == "yes")
    try await scripted.runOK("nft", ["-f", "a b"])
    #expect(commands.lines == ["ip link show", "nft -f 'a b'"])
  }

  @Test func whatWasRecordedCanBeReplayed() async throws {
    let recorder = RecordingCommands()
    try await Host(commands: recorder).runOK("echo", ["once"])
    let replayed = Host(commands: recorder.replay())
    #expect(try await replayed.run("echo", ["once"]).text == "once\n")
  }
}
