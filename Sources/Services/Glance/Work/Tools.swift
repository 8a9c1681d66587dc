internal import Core
internal import GlanceModel
internal import Hardware
internal import Host
internal import Log

/// What programs do to staged bytes: gzip, xz and qemu-img, each with a limit of time, memory and output, and told the
/// format, so that a crafted file can neither make them guess nor swell.
extension ImageWork {
  /// Unpacks what was uploaded as `compressed`; what is not packed stays as it is.
  func unpack(_ saga: inout ImportImage) async throws {
    guard try await received(saga).container == "compressed" else { return }
    let content = try await content(staged: saga)
    let head = try await head(of: content)
    let program: String
    if head.starts(with: [0x1f, 0x8b]) || head.starts(with: [0x50, 0x4b, 3, 4]) {
      // gzip reads a ZIP archive that holds one file, and refuses one that holds more.
      program = "gzip"
    } else if head.starts(with: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]) {
      program = "xz"
    } else if head.dropFirst(2).starts(with: Array("-lh".utf8)) {
      throw Fault.badRequest("The image is packed with LHA, which is not unpacked here. Pack it with gzip, ZIP or xz.")
    } else {
      throw Fault.badRequest("The image's container_format is 'compressed', but it is not packed with gzip, ZIP or xz.")
    }
    // The shell only gives the program its files; their names are arguments and never read as commands.
    try await work(on: content, &saga) { source, target in
      [
        "sh", "-c", "exec \(program) -dc < \"$1\" > \"$2\"", "sh", source, target,
      ]
    }
    try await change(saga.image, heldBy: saga.task) { $0.containerFormat = "bare" }
  }

  /// What the bytes were said to be as they came: the image says what steps made of them, and a step that is repeated
  /// begins with what it began with before.
  private func received(_ saga: ImportImage) async throws -> ImportImage.Formats {
    if let received = saga.received { return received }
    let image = try await image(saga.image, heldBy: saga.task)
    return ImportImage.Formats(disk: image.diskFormat, container: image.containerFormat)
  }

  /// Makes another disk format of it.
  func convert(_ saga: inout ImportImage) async throws {
    let received = try await received(saga)
    let isUnpacked = received.container == "compressed" && saga.plugins.contains(.decompression)
    let output = options.imports.outputFormat
    guard received.container == "bare" || isUnpacked, let format = received.disk, format != output,
      !Self.unconverted.contains(format)
    else { return }
    let content = try await content(staged: saga)
    do { try ImageHeader(try await head(of: content)).check(declared: format) } catch let fault as Fault {
      throw fault.kind == .badRequest ? Image.unlike(fault) : fault
    }
    if case .file(let path, _) = content { _ = try await inspector.inspect(path, declared: format) }
    try await work(on: content, &saga) { source, target in
      ["qemu-img", "convert", "-f", qemuFormat(format), "-O", qemuFormat(output), source, target]
    }
    try await change(saga.image, heldBy: saga.task) { $0.diskFormat = output }
  }

  /// What is no disk, or would be lost on it: an encrypted disk is known by its format.
  private static let unconverted: Set<String> = ["iso", "ami", "aki", "ari", "luks"]

  /// Runs a program from the staged bytes to others, which are staged in their place.
  private func work(
    on content: ImageContent, _ saga: inout ImportImage, _ command: (_ source: String, _ target: String) -> [String]
  ) async throws {
    try await host.makeDirectory(scratch)
    let name = scratch + "/" + world.hexID()
    let (target, copy) = (name + ".out", name + ".in")
    do {
      var source = copy
      if case .file(let path, _) = content { source = path } else { try await save(content, to: copy) }
      let limits = [
        "--as=\(options.imports.toolMemory)", "--cpu=\(options.imports.toolTime.components.seconds)",
        "--fsize=\(options.imageSizeCap)", "--nofile=64",
      ]
      let result = try await run(limits + command(source, target))
      guard result.ok, let size = try await host.status(target)?.size else {
        throw Fault(
          .badRequest, "The image cannot be unpacked or converted: it is damaged, or larger than is allowed here.",
          detail: result.fault.detail)
      }
      let pieces = try await pieces(of: .file(path: target, size: size))
      let (key, facts) = try await stage(saga.image, heldBy: saga.task) {
        try await requireRoom()
        return try await pieces()
      }
      saga.staged = key
      saga.facts = facts
    } catch {
      for path in [target, copy] { try? await host.remove(path) }
      throw error
    }
    for path in [target, copy] { try await host.remove(path) }
  }

  /// Runs a tool while there is room for what it makes, whoever else fills the file system meanwhile.
  private func run(_ arguments: [String]) async throws -> CommandResult {
    let (host, time) = (host, options.imports.toolTime)
    try await requireRoom()
    return try await withThrowingTaskGroup(of: CommandResult?.self) { group in
      group.addTask { try await host.run("prlimit", arguments, timeout: time, limit: 1 << 16) }
      group.addTask {
        while true {
          try await world.sleep(.milliseconds(200))
          try await requireRoom()
        }
      }
      defer { group.cancelAll() }
      while let result = try await group.next() { if let result { return result } }
      throw CancellationError()
    }
  }

  private func requireRoom() async throws {
    guard try await host.space(scratch).free < options.imports.spareRoom else { return }
    throw Fault(
      .outOfSpace,
      "There is no room to unpack or convert the image. An administrator must free space where images are worked on, "
        + "or the image is to be uploaded as it is to be used.")
  }

  private func save(_ content: ImageContent, to path: String) async throws {
    let pieces = try await pieces(of: content)
    try await host.writeFile(path, [])
    while let piece = try await pieces() {
      try await requireRoom()
      try await host.appendFile(path, piece)
    }
  }
}
