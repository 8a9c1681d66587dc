internal import Core
internal import Hardware
internal import Host

/// A directory of one of the drivers: safe names below it, and scratch files that do not outlive the process.
struct Folder: Sendable {
  let path: String
  let host: Host
  let world: World
  /// This process's own scratch directory, so that those of processes before it are known as strays.
  let session: String
  /// Whose sessions are strays when they are not this one: its own of before and, of a directory that several nodes
  /// share, what nobody touched for long.
  private let node: String?

  /// - Parameter node: the mark of this one, where several share the directory, in up to 16 letters and digits; nil
  ///   where one process has it alone.
  init(_ path: String, host: Host, world: World, node: String? = nil) {
    self.path = path
    self.host = host
    self.world = world
    self.node = node
    session = (node.map { $0 + "-" } ?? "") + world.hexID()
  }

  /// Whether what bears the name of a session was left behind.
  func isStray(_ session: String, at file: String) async throws -> Bool {
    guard session != self.session else { return false }
    guard let node, let dash = session.firstIndex(of: "-"), session[..<dash] != node else { return true }
    let old = world.strayTime
    guard let status = try await host.status(file), status.modified < old else { return false }
    for name in status.kind == .directory ? try await host.list(file) : [] {
      if let status = try await host.status(file + "/" + name), status.modified > old { return false }
    }
    return true
  }

  /// The path of `name` in `kind`. Names come from APIs: one that could lead out of the directory is refused.
  func file(_ kind: String, _ name: String, _ ending: String = "") throws -> String {
    let plain = name.utf8.allSatisfy { c in
      (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c == 45 || c == 95 || c == 46
    }
    guard plain, !name.isEmpty, !name.hasPrefix("."), name.utf8.count < 200 else {
      throw Fault.badRequest("'\(name)' cannot be the name of a disk.")
    }
    return "\(path)/\(kind)/\(name)\(ending)"
  }

  /// Has `make` write a temporary file and puts it into place at once when it is whole and on the disk.
  func create(_ file: String, _ make: (_ temporary: String) async throws -> Void) async throws {
    let temporary = try await scratch()
    do {
      try await make(temporary)
      try await host.sync(temporary)
      if let slash = file.lastIndex(of: "/") { try await host.makeDirectory(String(file[..<slash])) }
      try await host.move(temporary, to: file)
    } catch {
      try? await host.remove(temporary)
      throw error
    }
  }

  func scratch() async throws -> String {
    let mine = "\(path)/scratch/\(session)"
    if try await host.exists(mine) == false {
      for name in try await host.list("\(path)/scratch") {
        let other = "\(path)/scratch/\(name)"
        if try await isStray(name, at: other) { try await host.remove(other) }
      }
      try await host.makeDirectory(mine)
    }
    return mine + "/" + world.hexID()
  }

  func space() async throws -> (freeGiB: Int, totalGiB: Int) {
    try await host.makeDirectory(path)
    let space = try await host.space(path)
    return (space.free >> 30, space.total >> 30)
  }

  /// A sparse copy; where the file system shares blocks, at once.
  func copy(_ from: String, to path: String) async throws {
    try await host.runOK("cp", ["--sparse=always", "--reflink=auto", "--", from, path], timeout: .hours(1))
  }

  /// Converts an image that was inspected before, its format being named and never guessed by the tool.
  func convert(_ from: String, _ format: String, to path: String, _ target: String) async throws {
    try await host.runOK("qemu-img", ["convert", "-f", format, "-O", target, from, path], timeout: .hours(2))
  }
}
