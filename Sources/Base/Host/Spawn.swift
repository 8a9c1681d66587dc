internal import CLinux
internal import Glibc
internal import Core
internal import Synchronization

/// A descriptor that is closed once, when told or when nobody holds it.
final class Descriptor: Sendable {
  private let value: Mutex<Int32>
  init(_ number: Int32) { value = Mutex(number) }
  /// -1 once closed, which `poll` passes over.
  var number: Int32 { value.withLock { $0 } }
  func close() {
    let number = value.withLock { value in
      defer { value = -1 }
      return value
    }
    if number >= 0 { Glibc.close(number) }
  }
  /// Hands the descriptor over to the caller, who closes it.
  func release() -> Int32 {
    value.withLock { value in
      defer { value = -1 }
      return value
    }
  }
  deinit { close() }
}

/// A pipe whose ends are closed in every child that is not meant to have them.
struct Pipe {
  let reader: Descriptor
  let writer: Descriptor
  init() throws {
    var ends: [Int32] = [0, 0]
    guard pipe2(&ends, O_CLOEXEC) == 0 else { throw systemFault("make a pipe", "pipe2") }
    reader = Descriptor(ends[0])
    writer = Descriptor(ends[1])
  }
}

/// A program about to be started by `posix_spawn`.
struct Spawn {
  enum Group { case ownGroup, ownSession }
  enum Stream {
    case null
    case descriptor(Int32)
    /// Appended to, made with mode 0600.
    case file(String)
  }
  let program: String
  let arguments: [String]
  let group: Group

  init(_ program: String, _ arguments: [String], group: Group) {
    self.program = program
    self.arguments = arguments
    self.group = group
  }

  func start(stdin: Stream, stdout: Stream, stderr: Stream) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, stream) in [(Int32(0), stdin), (1, stdout), (2, stderr)] {
      switch stream {
      case .null: posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_RDWR, 0)
      case .descriptor(let fd): posix_spawn_file_actions_adddup2(&actions, fd, number)
      case .file(let path):
        posix_spawn_file_actions_addopen(&actions, number, path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
      }
    }
    posix_spawn_file_actions_addclosefrom_np(&actions, 3)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setpgroup(&attributes, 0)
    let flag = group == .ownSession ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP
    posix_spawnattr_setflags(&attributes, Int16(flag | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    return try spawn(&actions, &attributes)
  }

  private func spawn(_ actions: inout posix_spawn_file_actions_t, _ attributes: inout posix_spawnattr_t) throws
    -> pid_t
  {
    let path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
    var argv: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    let settings: [String] = [path, "HOME=/root", "LC_ALL=C"]
    var environment: [UnsafeMutablePointer<CChar>?] = settings.map { strdup($0) } + [nil]
    defer { for text in argv + environment { free(text) } }
    var pid: pid_t = 0
    let code = try program.contains("/") ? program : Self.find(program)
    let error = posix_spawn(&pid, code, &actions, &attributes, &argv, &environment)
    guard error == 0 else {
      throw Fault.internalError(
        "The program '\(program)' cannot be started on the host. An administrator must install it or mend its rights.",
        detail: "posix_spawn \(code): \(String(cString: strerror(error)))")
    }
    return pid
  }

  private static func find(_ program: String) throws -> String {
    for folder in ["/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"] where access(folder + program, X_OK) == 0 {
      return folder + program
    }
    throw Fault.internalError(
      "The program '\(program)' is not installed on the host. An administrator must install its package.",
      detail: "not in /usr/sbin, /usr/bin, /sbin or /bin")
  }
}

/// The fault for a system call that just failed, from `errno`.
func systemFault(_ deed: String, _ call: String, code: Int32 = errno) -> Fault {
  let kind: Fault.Kind =
    switch code {
    case ENOENT: .notFound
    case ENOSPC, EDQUOT: .outOfSpace
    default: .internalError
    }
  let advice =
    kind == .outOfSpace
    ? "An administrator must free space on the host." : "An administrator finds the reason in the log."
  return Fault(
    kind, "The host could not \(deed). \(advice)", detail: "\(call): \(String(cString: strerror(code)))")
}
