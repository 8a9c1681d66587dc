internal import CLinux
internal import Glibc
internal import Core
internal import Synchronization

/// A process that is known again after a restart: its number and when it started, since numbers are used anew.
public struct ProcessID: Sendable, Codable, Hashable {
  public var pid: Int32
  /// Clock ticks between the machine's boot and the process's start (field 22 of /proc/PID/stat).
  public var started: UInt64
  public init(pid: Int32, started: UInt64) {
    self.pid = pid
    self.started = started
  }

  /// The running process of that number; nil if there is none or it is a zombie.
  public init?(running pid: Int32) {
    guard let bytes = try? BlockingFiles.read("/proc/\(pid)/stat", limit: 4096) else { return nil }
    // The name in parentheses may hold anything, so fields are counted from the last parenthesis.
    guard let close = bytes.lastIndex(of: 41) else { return nil }
    let fields = String(decoding: bytes[(close + 1)...], as: UTF8.self).split(separator: " ")
    guard fields.count > 19, fields[0] != "Z", fields[0] != "X", let ticks = UInt64(fields[19]) else { return nil }
    self.init(pid: pid, started: ticks)
  }

  /// Whether this very process still runs.
  public var isAlive: Bool { ProcessID(running: pid) == self }
}

extension Host {
  /// Starts a program that outlives us: a session of its own, stdin from /dev/null, stdout and stderr appended to
  /// `log`. While we live its end is noticed and reaped.
  public func spawnDaemon(
    _ program: String, _ arguments: [String], log: String, namespace: String? = nil
  ) async throws -> ProcessID {
    let start: @Sendable () throws -> ProcessID = {
      let spawn = Spawn(program, arguments, group: .ownSession)
      let pid = try spawn.start(stdin: .null, stdout: .file(log), stderr: .file(log))
      // Until the reaper is told, even a dead child keeps its number and its start time.
      let stat = try BlockingFiles.read("/proc/\(pid)/stat", limit: 4096)
      let fields = String(decoding: stat[((stat.lastIndex(of: 41) ?? 0) + 1)...], as: UTF8.self).split(separator: " ")
      Reaper.shared.watch(pid)
      return ProcessID(pid: pid, started: fields.count > 19 ? UInt64(fields[19]) ?? 0 : 0)
    }
    guard let namespace else { return try await Threads.programs.run(start) }
    return try await Host.inNamespace(namespace, start)
  }

  /// Asks the process to end, and kills it when `grace` has passed; one that is gone already is left in peace.
  public func ensureEnded(_ process: ProcessID, grace: Duration = .seconds(5)) async throws {
    let handle = Descriptor(clinux_pidfd_open(process.pid))
    guard handle.number >= 0, process.isAlive else { return }
    clinux_pidfd_send_signal(handle.number, SIGTERM)
    try await Threads.programs.run {
      var polled = pollfd(fd: handle.number, events: Int16(POLLIN), revents: 0)
      if poll(&polled, 1, Int32(clamping: grace.milliseconds)) == 0 {
        clinux_pidfd_send_signal(handle.number, SIGKILL)
        _ = poll(&polled, 1, 5000)
      }
    }
  }

  /// Sends a signal to exactly that process; false when it is gone.
  @discardableResult
  public func signal(_ process: ProcessID, _ number: Int32) -> Bool {
    let handle = Descriptor(clinux_pidfd_open(process.pid))
    guard handle.number >= 0, process.isAlive else { return false }
    return clinux_pidfd_send_signal(handle.number, number) == 0
  }
}

/// One thread that collects the exit status of daemons which we started and which ended before us.
final class Reaper: Sendable {
  static let shared = Reaper()
  private let polling = epoll_create1(Int32(EPOLL_CLOEXEC))

  private init() {
    let polling = polling
    Threads.start {
      var event = epoll_event()
      while true {
        guard epoll_wait(polling, &event, 1, -1) == 1 else { continue }
        let handle = event.data.fd
        var info = siginfo_t()
        _ = clinux_wait_pidfd(handle, &info)
        // Taken out first: a child that is just being spawned holds a copy, which would keep the handle in the set
        // after it is closed, and its number would be closed again when it is somebody else's.
        epoll_ctl(polling, EPOLL_CTL_DEL, handle, nil)
        close(handle)
      }
    }
  }

  func watch(_ pid: pid_t) {
    let handle = clinux_pidfd_open(pid)
    var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(fd: handle))
    epoll_ctl(polling, EPOLL_CTL_ADD, handle, &event)
  }
}
