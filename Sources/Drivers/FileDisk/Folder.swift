internal import Core
internal import Host

/// A directory of one of the drivers: safe names below it, and scratch files that do not outlive the process.
struct Folder: Sendable {
  let path: String
  let host: Host
  let world: World
  /// This process's own scratch directory, so that those of processes before it are known as strays.
  let session: String

  init(_ path: String, host: Host, world: World) {
    self.path = path
    self.host = host
    self.world = world
    session = world.hexID()
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
      for stray in try await host.list("\(path)/scratch") where stray != session {
        try await host.remove("\(path)/scratch/\(stray)")
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
