// FileDisk: disks as plain files of this host, worked on with qemu-img.
//
// Base images are kept once and never written; a server's root is a qcow2 overlay on its base. Volumes are sparse
// raw files. Every file is made elsewhere and renamed into place, so that one which exists is whole, a verb can be
// repeated, and a crash leaves only scratch files, which the next start removes. Formats are named to qemu-img, never
// guessed by it, and no file of a user is opened before its header has been read here.
//
//   base/IMAGE   servers/SERVER/{root.qcow2, config.iso, SERIAL.raw}   scratch/

public import Core
public import Hardware
public import Host

/// Disks of servers in a directory of this host. One instance for each directory.
public struct FileServerDisks: ServerDisks {
  private let folder: Folder
  private let host: Host

  public init(directory: String, host: Host = .real, world: World = .real) {
    self.host = host
    folder = Folder(directory, host: host, world: world)
  }

  public func hasBase(_ image: String) async throws -> Bool { try await host.exists(base(image)) }

  public func ensureBase(_ image: String, from path: String) async throws {
    let base = try base(image)
    if try await host.exists(base) {
      if path != base { try await host.remove(path) }
      return
    }
    let header = ImageHeader(try await host.readHead(path, count: ImageHeader.length))
    try header.check(declared: header.format)
    // Overlays may name only these two as the format of their base.
    if header.format == "qcow2" || qemuFormat(header.format) == "raw" {
      try await host.sync(path)
      try await host.makeDirectory(folder.path + "/base")
      try await host.move(path, to: base)
    } else {
      try await folder.create(base) {
        try await folder.convert(path, qemuFormat(header.format), to: $0, "qcow2")
      }
      try await host.remove(path)
    }
    try await host.setMode(base, 0o400)
  }

  public func ensureRoot(_ server: String, on image: String, sizeGiB: Int) async throws -> GuestDisk {
    let file = try file(server, "root.qcow2")
    let disk = GuestDisk(serial: "root", target: "vda", path: file, format: .qcow2)
    if try await host.exists(file) { return disk }
    let base = try base(image)
    guard let status = try await host.status(base) else {
      throw Fault.notFound("The image \(image) is not on this host yet. Fetch it and try again.")
    }
    let header = ImageHeader(try await host.readHead(base, count: ImageHeader.length))
    let format = qemuFormat(header.format)
    let own = format == "qcow2" ? header.virtualSize ?? 0 : status.size
    let size = sizeGiB == 0 ? own : sizeGiB << 30
    guard size >= own else {
      throw Fault.badRequest(
        "The flavor's disk of \(sizeGiB) GiB is too small for the image, which needs \((own + (1 << 30) - 1) >> 30) "
          + "GiB. Choose a larger flavor.")
    }
    // qcow2 counts in sectors.
    let rounded = (size + 511) / 512 * 512
    try await folder.create(file) { temporary in
      try await host.runOK(
        "qemu-img", ["create", "-q", "-f", "qcow2", "-F", format, "-b", base, temporary, String(rounded)])
    }
    return disk
  }

  public func ensureBlank(_ server: String, serial: String, sizeMiB: Int) async throws -> GuestDisk {
    _ = try folder.file("servers", serial)
    let file = try file(server, serial + ".raw")
    if try await host.exists(file) == false {
      try await folder.create(file) { try await host.allocate($0, size: sizeMiB << 20) }
    }
    return GuestDisk(serial: serial, path: file, format: .raw)
  }

  public func ensureConfigDrive(_ server: String, files: [String: [UInt8]]) async throws -> GuestDisk {
    let file = try file(server, "config.iso")
    let tree = try await folder.scratch()
    do {
      for (name, content) in files {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }), let last = parts.last else {
          throw Fault.badRequest("'\(name)' cannot be the name of a file on a config drive.")
        }
        let folder = ([tree] + parts.dropLast().map(String.init)).joined(separator: "/")
        try await host.makeDirectory(folder)
        try await host.writeFile(folder + "/" + last, content)
      }
      try await folder.create(file) { temporary in
        try await host.runOK(
          "genisoimage",
          ["-quiet", "-V", "config-2", "-J", "-r", "-l", "-input-charset", "utf-8", "-o", temporary, tree])
      }
      try await host.remove(tree)
    } catch {
      try? await host.remove(tree)
      throw error
    }
    return GuestDisk(serial: "config", path: file, format: .raw, device: .cdrom, readOnly: true)
  }

  public func ensureAbsent(_ server: String) async throws { try await host.remove(folder.file("servers", server)) }

  public func servers() async throws -> [String] { try await host.list(folder.path + "/servers") }

  public func copyDisk(_ serial: String, of server: String, to path: String) async throws {
    let (file, format) =
      serial == "root" ? (try file(server, "root.qcow2"), "qcow2") : (try file(server, serial + ".raw"), "raw")
    guard try await host.exists(file) else {
      throw Fault.notFound("The server \(server) has no disk \(serial) on this host.")
    }
    try await folder.create(path) { try await folder.convert(file, format, to: $0, "qcow2") }
  }

  public func scratchPath() async throws -> String { try await folder.scratch() }
  public func space() async throws -> (freeGiB: Int, totalGiB: Int) { try await folder.space() }

  /// Removes every disk and every cached image; part of `martlet wipe`.
  public func removeAll() async throws { try await host.remove(folder.path) }

  private func base(_ image: String) throws -> String { try folder.file("base", image) }
  private func file(_ server: String, _ name: String) throws -> String {
    try folder.file("servers", server) + "/" + name
  }
}
