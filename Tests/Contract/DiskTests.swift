import Core
import FakeHardware
import FileDisk
import Hardware
import Host
import Testing

/// What every keeper of servers' disks must do.
@Suite struct ServerDisksTests {
  @Test func theFakeKeepsTheContract() async throws {
    let folder = try await Machine.folder()
    try await keeps(FakeServerDisks(directory: folder), folder)
    #expect(try await FakeServerDisks(directory: folder).hasBase("image"), "it remembers beyond the process")
    try await Host.real.remove(folder)
  }

  @Test(.enabled(if: Machine.hasQemuTools, "needs qemu-img and genisoimage"))
  func filesKeepTheContract() async throws {
    let folder = try await Machine.folder()
    try await keeps(FileServerDisks(directory: folder + "/disks"), folder)
    try await Host.real.remove(folder)
  }

  @Test(.enabled(if: Machine.hasQemuTools, "needs qemu-img and genisoimage"))
  func aConfigDriveHoldsItsFilesUnderItsLabel() async throws {
    let folder = try await Machine.folder()
    let disks = FileServerDisks(directory: folder)
    let drive = try await disks.ensureConfigDrive("s", files: ["openstack/latest/meta_data.json": Array("{}".utf8)])
    #expect(drive.device == .cdrom && drive.readOnly)
    let head = try await Host.real.readHead(drive.path, count: 40000)
    #expect(String(decoding: head[0x8028..<0x8030], as: UTF8.self) == "config-2")
    await #expect(throws: Fault.self) { try await disks.ensureConfigDrive("s", files: ["../../etc/x": []]) }
    await #expect(throws: Fault.self) { try await disks.ensureConfigDrive("../s", files: [:]) }
    try await Host.real.remove(folder)
  }

  @Test(.enabled(if: Machine.hasQemuTools, "needs qemu-img and genisoimage"))
  func anImageThatNamesOtherFilesNeverBecomesABase() async throws {
    let folder = try await Machine.folder()
    let host = Host.real
    let disks = FileServerDisks(directory: folder + "/disks")
    try await host.runOK("qemu-img", ["create", "-f", "raw", folder + "/secret", "1M"])
    let evil = folder + "/evil"
    try await host.runOK("qemu-img", ["create", "-f", "qcow2", "-b", folder + "/secret", "-F", "raw", evil])
    await #expect(throws: Fault.self) { try await disks.ensureBase("evil", from: evil) }
    #expect(try await disks.hasBase("evil") == false)
    try await host.remove(folder)
  }

  @Test(.enabled(if: Machine.hasQemuTools, "needs qemu-img and genisoimage"))
  func aFlavorSmallerThanTheImageIsRefused() async throws {
    let folder = try await Machine.folder()
    let disks = FileServerDisks(directory: folder + "/disks")
    try await Host.real.runOK("qemu-img", ["create", "-f", "qcow2", folder + "/big", "3G"])
    try await disks.ensureBase("big", from: folder + "/big")
    let fault = await #expect(throws: Fault.self) { try await disks.ensureRoot("s", on: "big", sizeGiB: 2) }
    #expect(fault?.kind == .badRequest)
    _ = try await disks.ensureRoot("s", on: "big", sizeGiB: 0)
    try await Host.real.remove(folder)
  }

  private func keeps(_ disks: any ServerDisks, _ folder: String) async throws {
    let host = Host.real
    let upload = try await disks.scratchPath()
    #expect(try await disks.scratchPath() != upload)
    try await host.allocate(upload, size: 1 << 20)
    #expect(try await disks.hasBase("image") == false)
    let unknown = await #expect(throws: Fault.self) { try await disks.ensureRoot("s1", on: "image", sizeGiB: 1) }
    #expect(unknown?.kind == .notFound)
    try await disks.ensureBase("image", from: upload)
    #expect(try await host.exists(upload) == false, "the file is taken over")
    try await host.allocate(upload, size: 1 << 20)
    try await disks.ensureBase("image", from: upload)
    #expect(try await disks.hasBase("image"))
    let root = try await disks.ensureRoot("s1", on: "image", sizeGiB: 1)
    #expect(try await disks.ensureRoot("s1", on: "image", sizeGiB: 1) == root)
    #expect(root.serial == "root" && root.target == "vda")
    let blank = try await disks.ensureBlank("s1", serial: "ephemeral0", sizeMiB: 8)
    #expect(try await disks.ensureBlank("s1", serial: "ephemeral0", sizeMiB: 8) == blank)
    _ = try await disks.ensureConfigDrive("s1", files: ["openstack/latest/user_data": Array("hi".utf8)])
    _ = try await disks.ensureRoot("s2", on: "image", sizeGiB: 1)
    #expect(try await disks.servers() == ["s1", "s2"])
    try await disks.copyDisk("root", of: "s1", to: folder + "/copy")
    let header = ImageHeader(try await host.readHead(folder + "/copy", count: ImageHeader.length))
    #expect(header.format == "qcow2" && header.danger == nil && header.virtualSize == 1 << 30)
    try await disks.ensureAbsent("s1")
    try await disks.ensureAbsent("s1")
    #expect(try await disks.servers() == ["s2"])
    let missing = await #expect(throws: Fault.self) {
      try await disks.copyDisk("root", of: "s1", to: folder + "/copy2")
    }
    #expect(missing?.kind == .notFound)
    let space = try await disks.space()
    #expect(space.freeGiB >= 0 && space.totalGiB >= space.freeGiB)
  }
}

/// What every keeper of volumes must do.
@Suite struct VolumeTests {
  @Test func theFakeKeepsTheContract() async throws {
    let folder = try await Machine.folder()
    try await keeps(FakeVolumes(directory: folder), folder)
    try await Host.real.remove(folder)
  }

  @Test(.enabled(if: Machine.hasQemuTools, "needs qemu-img and genisoimage"))
  func filesKeepTheContract() async throws {
    let folder = try await Machine.folder()
    try await keeps(FileVolumes(directory: folder + "/volumes"), folder)
    try await Host.real.remove(folder)
  }

  @Test(.enabled(if: Machine.hasQemuTools, "needs qemu-img and genisoimage"))
  func contentTravelsThroughSnapshotsCopiesAndImages() async throws {
    let folder = try await Machine.folder()
    let host = Host.real
    let volumes = FileVolumes(directory: folder + "/v")
    try await volumes.ensureVolume("a", sizeGiB: 1)
    let file = try await volumes.connection("a").path
    try await host.runOK("dd", ["of=" + file, "conv=notrunc"], input: Array("first".utf8))
    try await volumes.ensureSnapshot("s", of: "a")
    try await host.runOK("dd", ["of=" + file, "conv=notrunc"], input: Array("later".utf8))
    try await volumes.ensureVolume("b", sizeGiB: 2, fromSnapshot: "s")
    try await volumes.copyOut("b", to: folder + "/image", format: .qcow2)
    try await volumes.ensureVolume("c", sizeGiB: 3, fromImage: folder + "/image")
    let c = try await volumes.connection("c").path
    #expect(try await host.readHead(c, count: 5) == Array("first".utf8))
    let status = try await host.status(c)
    #expect(status?.size == 3 << 30)
    #expect((status?.allocated ?? .max) < 1 << 20, "it stays sparse")
    try await host.remove(folder)
  }

  private func keeps(_ volumes: any VolumeBackend, _ folder: String) async throws {
    try await volumes.ensureVolume("v1", sizeGiB: 1)
    try await volumes.ensureVolume("v1", sizeGiB: 1)
    try await volumes.ensureVolume("v2", sizeGiB: 2, copyOf: "v1")
    let small = await #expect(throws: Fault.self) { try await volumes.ensureVolume("v3", sizeGiB: 1, copyOf: "v2") }
    #expect(small?.kind == .badRequest)
    try await volumes.ensureSize("v1", sizeGiB: 3)
    try await volumes.ensureSize("v1", sizeGiB: 3)
    let shrunk = await #expect(throws: Fault.self) { try await volumes.ensureSize("v1", sizeGiB: 1) }
    #expect(shrunk?.kind == .badRequest)
    try await volumes.ensureSnapshot("s1", of: "v1")
    try await volumes.ensureSnapshot("s1", of: "v1")
    try await volumes.ensureVolume("v4", sizeGiB: 3, fromSnapshot: "s1")
    try await volumes.copyOut("v2", to: folder + "/out.qcow2", format: .qcow2)
    let header = ImageHeader(try await Host.real.readHead(folder + "/out.qcow2", count: ImageHeader.length))
    #expect(header.format == "qcow2" && header.virtualSize == 2 << 30)
    try await volumes.ensureVolume("v5", sizeGiB: 2, fromImage: folder + "/out.qcow2")
    try await volumes.copyOut("v2", to: folder + "/out.raw", format: .raw)
    #expect(try await Host.real.status(folder + "/out.raw")?.size == 2 << 30)
    #expect(try await volumes.connection("v1").format == .raw)
    #expect(try await volumes.volumes() == ["v1", "v2", "v4", "v5"])
    try await volumes.ensureSnapshotAbsent("s1")
    try await volumes.ensureSnapshotAbsent("s1")
    for id in ["v1", "v2", "v4", "v5", "v5"] { try await volumes.ensureAbsent(id) }
    #expect(try await volumes.volumes().isEmpty)
    for call in [{ _ = try await volumes.connection("v1") }, { try await volumes.ensureSnapshot("s2", of: "v1") }] {
      let fault = await #expect(throws: Fault.self) { try await call() }
      #expect(fault?.kind == .notFound)
    }
    let space = try await volumes.space()
    #expect(space.freeGiB >= 0 && space.totalGiB > 0 && space.totalGiB >= space.freeGiB)
    let scratch = try await volumes.scratchPath()
    #expect(try await volumes.scratchPath() != scratch)
    try await Host.real.writeFile(scratch, [1])
    #expect(try await volumes.volumes().isEmpty, "what is on its way is no volume")
    try await Host.real.remove(scratch)
  }
}
