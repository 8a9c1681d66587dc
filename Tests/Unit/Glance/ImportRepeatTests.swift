import Core
import FakeHardware
import FileDisk
import GlanceModel
import GlanceWork
import HTTP
import Hardware
import Host
import IO
import JSON
import Store
import Synchronization
import Testing
import Work

/// Imports whose process dies, whose image goes, whose tools find no room.
@Suite("Imports, hurt") struct ImportRepeatTests {
  static let hasTools = ((try? BlockingFiles.list("/usr/bin")) ?? []).contains("qemu-img")

  /// A web with one image everywhere.
  private struct Page: WebSource {
    let bytes: [UInt8]
    func fetch(_ uri: String, limit: Int) async throws -> ImagePieces {
      let rest = Mutex<[UInt8]?>(bytes)
      return { rest.withLock { $0.take() } }
    }
  }
  /// An image without an end.
  private final class Endless: WebSource {
    let pieces = Mutex(0)
    func fetch(_ uri: String, limit: Int) async throws -> ImagePieces {
      {
        self.pieces.withLock { $0 += 1 }
        // Like a socket that is read, it does not know of tasks.
        await withCheckedContinuation { continuation in
          Task {
            try? await Task.sleep(for: .milliseconds(5))
            continuation.resume()
          }
        }
        return [1]
      }
    }
  }
  private let body: JSON = ["method": ["name": "web-download", "uri": "http://example.org/x"]]

  /// A directory with files as the store, and qemu-img's disk of eight MiB, packed.
  private func withTools(
    _ kind: [String] = ["-f", "qcow2"], packs: Bool = true, _ change: (inout GlanceOptions) -> Void = { _ in },
    _ run: (ImageCloud, ImageFiles, _ folder: String) async throws -> Void
  ) async throws {
    let folder = "/tmp/mlt-test-import-\(World.real.hexID())"
    do {
      try await Host.real.makeDirectory(folder)
      try await Host.real.runOK("qemu-img", ["create", "-q"] + kind + [folder + "/disk", "8M"])
      if packs { try await Host.real.runOK("gzip", ["-n", folder + "/disk"]) }
      let bytes = try await Host.real.readFile(folder + (packs ? "/disk.gz" : "/disk"))
      var options = GlanceOptions()
      options.imports.plugins = [.decompression, .conversion]
      change(&options)
      let files = ImageFiles(directory: folder + "/images")
      let cloud = try await ImageCloud(
        stores: ImageStores(single: files), inspector: QemuImageInspector(), web: Page(bytes: bytes),
        options: options, scratch: folder + "/tools")
      try await run(cloud, files, folder)
    } catch {
      try await Host.real.remove(folder)
      throw error
    }
    try await Host.real.remove(folder)
  }

  /// A process that dies after a step's work and before its save leaves what the step began with.
  @Test("each step may run twice, though it changed the image the first time", .enabled(if: hasTools))
  func twice() async throws {
    try await withTools { cloud, files, _ in
      let id = try await cloud.image(["disk_format": "qcow2", "container_format": "compressed"])
      #expect(try await cloud.ask("POST", "/v2/images/\(id)/import", body).status == 202)
      let held = try #require(try await cloud.store.read { try await $0.get(Image.self, id) })
      var saga = ImportImage(
        image: id, task: try #require(held.importTask), uri: "http://example.org/x", stores: ["file"],
        allMustSucceed: true, plugins: [.decompression, .conversion], roles: [])
      for step in ImportImage.steps {
        var lost = saga
        try await step.run(&lost, cloud.work)
        if let staged = saga.staged { #expect(try await files.content(staged) != nil, "\(step.name)") }
        try await step.run(&saga, cloud.work)
      }
      let image = try #require(try await cloud.store.read { try await $0.get(Image.self, id) })
      #expect(image.places.map(\.key) == [saga.facts?.hash])
      #expect((image.diskFormat, image.containerFormat, saga.facts?.size) == ("raw", "bare", 8 << 20))
      #expect(try await files.list() == [saga.facts?.hash], "neither the packed nor the converted one stays")
    }
  }

  @Test(
    "what qemu calls otherwise is converted by qemu's name", .enabled(if: hasTools),
    arguments: [("ploop", ["-f", "parallels"]), ("vhd", ["-f", "vpc"]), ("vdi", ["-f", "vdi"])])
  func formats(format: String, kind: [String]) async throws {
    try await withTools(kind, packs: false) { cloud, _, _ in
      let id = try await cloud.image(["disk_format": .string(format)])
      #expect(try await cloud.ask("POST", "/v2/images/\(id)/import", body).status == 202)
      try await cloud.settle()
      let image = try await cloud.ask("GET", "/v2/images/\(id)").json
      #expect(image["status"] == "active", "\(image.text)")
      #expect(image["disk_format"] == "raw")
    }
  }

  @Test("a disk with partitions is told to qemu as plain bytes", .enabled(if: hasTools))
  func partitions() async throws {
    try await withTools(["-f", "raw"], packs: false, { $0.imports.outputFormat = "qcow2" }) { cloud, _, folder in
      var bytes = [UInt8](repeating: 0, count: 1 << 20)
      (bytes[510], bytes[511], bytes[450]) = (0x55, 0xaa, 0xee)
      for (place, byte) in "EFI PART".utf8.enumerated() { bytes[512 + place] = byte }
      let id = try await cloud.image(["disk_format": "gpt"])
      let staged = try await cloud.send(
        "PUT", "/v2/images/\(id)/stage", .bytes(bytes), headers: ["Content-Type": "application/octet-stream"])
      #expect(staged.status == 204)
      let direct: JSON = ["method": ["name": "glance-direct"]]
      #expect(try await cloud.ask("POST", "/v2/images/\(id)/import", direct).status == 202)
      try await cloud.settle()
      let image = try await cloud.ask("GET", "/v2/images/\(id)").json
      #expect(image["status"] == "active", "\(image.text)")
      #expect(image["disk_format"] == "qcow2")
      #expect(image["virtual_size"] == .int(1 << 20))
    }
  }

  @Test("tools stop while there is room left", .enabled(if: hasTools))
  func noRoom() async throws {
    try await withTools(["-f", "qcow2"], { $0.imports.spareRoom = .max }) { cloud, files, folder in
      let id = try await cloud.image(["disk_format": "qcow2", "container_format": "compressed"])
      #expect(try await cloud.ask("POST", "/v2/images/\(id)/import", body).status == 202)
      try await cloud.settle()
      let image = try await cloud.ask("GET", "/v2/images/\(id)").json
      #expect(image["status"] == "queued")
      #expect(image["os_glance_failed_import_reason"]?.string?.contains("no room") == true, "\(image.text)")
      #expect(try await Host.real.list(folder + "/tools") == [])
      #expect(try await files.list() == [])
    }
  }

  @Test("a download whose image is deleted ends, though its data do not", .timeLimit(.minutes(1)))
  func deleted() async throws {
    let (files, web) = (FakeImages(), Endless())
    let cloud = try await ImageCloud(stores: ImageStores(single: files), web: web)
    let id = try await cloud.image()
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/import", body).status == 202)
    async let settled: Void = cloud.settle()
    while web.pieces.withLock({ $0 }) == 0 { try await Task.sleep(for: .milliseconds(5)) }
    #expect(try await cloud.ask("DELETE", "/v2/images/\(id)").status == 204)
    try await settled
    #expect(files.openWriters == 0)
    #expect(try await files.list() == [])
  }

  @Test("finished tasks are forgotten after their time, and no others") func tasks() async throws {
    let cloud = try await ImageCloud(stores: ImageStores(single: FakeImages()), web: Page(bytes: [1]))
    let id = try await cloud.image()
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/import", body).status == 202)
    let later = World.real.now() + .hours(49)
    #expect(try await ImageTask.forget(in: cloud.store, at: later) == 0, "it has not ended")
    try await cloud.settle()
    #expect(try await ImageTask.forget(in: cloud.store, at: World.real.now()) == 0)
    #expect(try await ImageTask.forget(in: cloud.store, at: later) == 1)
    #expect(try await cloud.store.read { try await $0.count(ImageTask.self) } == 0)
    let names = cloud.bytes.reconcilers().map(\.name)
    #expect(names.contains("glance-tasks") && names.contains("glance-strays"))
  }
}
