internal import CLinux
internal import Glibc
internal import Core

/// Runs commands on this machine by `posix_spawn`, each watched by a thread through its pidfd.
///
/// The child gets a process group of its own, no descriptors but 0 to 2, no blocked signals, and an environment of
/// PATH, HOME and LC_ALL=C, so that what it prints does not depend on who started Martlet.
public struct SystemCommands: CommandRunner {
  public init() {}

  public func run(_ command: Command) async throws -> CommandResult {
    let stop = eventfd(0, Int32(EFD_CLOEXEC))
    defer { close(stop) }
    return try await withTaskCancellationHandler {
      try Task.checkCancellation()
      if let namespace = command.namespace {
        return try await Host.inNamespace(namespace) { try Self.execute(command, stop: stop) }
      }
      return try await Threads.programs.run { try Self.execute(command, stop: stop) }
    } onCancel: {
      eventfd_write(stop, 1)
    }
  }

  /// The whole life of the child, on the calling thread.
  private static func execute(_ command: Command, stop: Int32) throws -> CommandResult {
    let output = try Pipe()
    let errors = try Pipe()
    let input = command.input == nil ? nil : try Pipe()
    let pid = try Spawn(command.program, command.arguments, group: .ownGroup)
      .start(
        stdin: input.map { .descriptor($0.reader.number) } ?? .null, stdout: .descriptor(output.writer.number),
        stderr: .descriptor(errors.writer.number))
    output.writer.close()
    errors.writer.close()
    input?.reader.close()
    let child = Descriptor(clinux_pidfd_open(pid))
    var watch = Watch(command: command, child: child, stop: stop, output: output, errors: errors, input: input)
    let why = watch.untilEnd()
    if why != .ended { kill(-pid, SIGKILL) }
    var info = siginfo_t()
    while clinux_wait_pidfd(child.number, &info) != 0, errno == EINTR {}
    switch why {
    case .cancelled: throw CancellationError()
    case .timedOut:
      throw Fault(
        .timedOut, "The command '\(command.program)' took too long on the host and was stopped. Try again.",
        detail: "\(command): not done within \(command.timeout)")
    case .ended: break
    }
    let status = Int(clinux_siginfo_status(&info))
    return CommandResult(
      command, end: clinux_siginfo_code(&info) == CLD_EXITED ? .exited(status) : .killed(signal: status),
      stdout: watch.stdout, stderr: watch.stderr)
  }
}

/// Moves bytes between a child and us until it has ended.
private struct Watch {
  enum Why { case ended, timedOut, cancelled }
  let command: Command
  let child: Descriptor
  let stop: Int32
  let output: Pipe
  let errors: Pipe
  let input: Pipe?
  var stdout: [UInt8] = []
  var stderr: [UInt8] = []
  private var written = 0

  init(command: Command, child: Descriptor, stop: Int32, output: Pipe, errors: Pipe, input: Pipe?) {
    self.command = command
    self.child = child
    self.stop = stop
    self.output = output
    self.errors = errors
    self.input = input
    for fd in [output.reader.number, errors.reader.number] + (input.map { [$0.writer.number] } ?? []) {
      _ = clinux_set_nonblocking(fd)
    }
  }

  mutating func untilEnd() -> Why {
    let end = World.real.uptime() + command.timeout
    while true {
      var polled = [
        pollfd(fd: child.number, events: Int16(POLLIN), revents: 0),
        pollfd(fd: stop, events: Int16(POLLIN), revents: 0),
        pollfd(fd: output.reader.number, events: Int16(POLLIN), revents: 0),
        pollfd(fd: errors.reader.number, events: Int16(POLLIN), revents: 0),
        pollfd(fd: input?.writer.number ?? -1, events: Int16(POLLOUT), revents: 0),
      ]
      let left = end - World.real.uptime()
      guard left > .zero else { return .timedOut }
      _ = poll(&polled, 5, Int32(clamping: left.milliseconds + 1))
      if polled[1].revents != 0 { return .cancelled }
      if polled[4].revents != 0 { feed() }
      // Whoever inherited the pipes (a daemon) does not keep us: the child's own end is the end.
      let over = polled[0].revents != 0
      if over || polled[2].revents != 0 { Self.drain(output.reader, into: &stdout, limit: command.limit) }
      if over || polled[3].revents != 0 { Self.drain(errors.reader, into: &stderr, limit: command.limit) }
      if over { return .ended }
    }
  }

  private mutating func feed() {
    guard let input, let bytes = command.input else { return }
    let n = bytes.withUnsafeBytes { all in
      write(input.writer.number, all.baseAddress?.advanced(by: written), bytes.count - written)
    }
    if n > 0 { written += n }
    if written == bytes.count || (n < 0 && errno != EAGAIN && errno != EINTR) { input.writer.close() }
  }

  private static func drain(_ descriptor: Descriptor, into bytes: inout [UInt8], limit: Int) {
    withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 16) { buffer in
      while descriptor.number >= 0 {
        let n = read(descriptor.number, buffer.baseAddress, buffer.count)
        if n < 0 && errno == EINTR { continue }
        if n == 0 { descriptor.close() }
        if n <= 0 { return }
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<min(n, max(0, limit - bytes.count))]))
      }
    }
  }
}
