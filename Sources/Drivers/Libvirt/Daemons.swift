internal import Core
internal import Host

/// libvirt's daemons where Martlet itself had to start them: which they are is written down, so that `wipe` can end
/// them again. Daemons that ran before are nobody's business here.
struct Daemons: Sendable {
  /// In the order in which they start; they end the other way round.
  private static let programs = ["virtlogd", "libvirtd"]

  let host: Host
  /// Where the file is that remembers them, a line each: name, process id, start time.
  let directory: String
  private var path: String { directory + "/daemons" }

  /// For machines without a service manager: both programs go into the background by themselves. One that runs
  /// already says so and ends, which is as good.
  func start() async throws {
    try await host.makeDirectory(directory)
    for program in Self.programs {
      guard try await host.hasProgram(program) else {
        throw Fault.unavailable(
          "There is no hypervisor on this host: '\(program)' is not installed. An administrator must install "
            + "libvirt-daemon-system and qemu-system-x86, or choose compute.hypervisor=fake.")
      }
      guard try await host.run(program, ["-d"], timeout: .seconds(60)).ok else { continue }
      let text = try? await host.readFile("/run/\(program).pid", limit: 64)
      let pid = text.flatMap { Int32(String(decoding: $0.prefix { $0 >= 48 && $0 <= 57 }, as: UTF8.self)) }
      guard let process = pid.flatMap({ ProcessID(running: $0) }) else { continue }
      try await host.appendFile(path, Array("\(program) \(process.pid) \(process.started)\n".utf8))
    }
  }

  /// Ends those that were started here and still run, and forgets them.
  func end() async throws {
    guard try await host.exists(path) else { return }
    let lines = String(decoding: try await host.readFile(path), as: UTF8.self).split(separator: "\n")
    for line in lines.reversed() {
      let words = line.split(separator: " ")
      guard words.count == 3, let pid = Int32(words[1]), let started = UInt64(words[2]) else { continue }
      try await host.ensureEnded(ProcessID(pid: pid, started: started), grace: .seconds(10))
    }
    try await host.remove(path)
  }
}
