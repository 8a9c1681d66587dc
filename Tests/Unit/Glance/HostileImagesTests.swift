import Core
import FakeHardware
import GlanceModel
import HTTP
import Hardware
import Host
import JSON
import Synchronization
import TestSupport
import Testing

/// Images that want something from whoever opens them are refused by their first bytes, before any tool sees them.
@Suite("Hostile images") struct HostileImagesTests {
  /// A tool that notes whether it was shown anything.
  private final class Watched: ImageInspector {
    private let count = Mutex(0)
    var seen: Int { count.withLock { $0 } }
    func inspect(_ path: String, declared format: String) async throws -> ImageFacts {
      count.withLock { $0 += 1 }
      return ImageFacts(format: format, virtualSize: 1)
    }
  }

  @Test func thereAreManyAndEachIsAnother() {
    #expect(DraftImage.hostile.count >= 80)
    #expect(Set(DraftImage.hostile.map { $0.declared + $0.name }).count == DraftImage.hostile.count)
  }

  @Test(arguments: DraftImage.plain.indices) func plainImagesAreTaken(which: Int) throws {
    let image = DraftImage.plain[which]
    let header = ImageHeader(Array(image.bytes.prefix(ImageHeader.length(image.bytes))), size: image.bytes.count)
    #expect(header.format == image.declared)
    #expect(header.danger == nil)
    try header.check(declared: image.declared)
    #expect(header.isPlain || (header.virtualSize ?? 0) > 0)
  }

  @Test(arguments: DraftImage.hostile.indices) func eachIsRefusedAtOnceAndLeavesNothing(which: Int) async throws {
    let image = DraftImage.hostile[which]
    let begin = World.real.uptime()
    let head = Array(image.bytes.prefix(ImageHeader.length(image.bytes)))
    let fault = #expect(throws: Fault.self, "\(image.name)") {
      try ImageHeader(head, size: image.bytes.count).check(declared: image.declared)
    }
    #expect(fault?.kind == .badRequest)
    #expect((fault?.message.count ?? 0) > 40, "it says why")
    #expect(World.real.uptime() - begin < .milliseconds(500), "\(image.name) took long")

    let (backend, tool) = (FakeImages(), Watched())
    let cloud = try await ImageCloud(backend: backend, inspector: tool)
    let id = try await cloud.image(["disk_format": .string(image.declared)])
    let answer = try await cloud.upload(id, .bytes(image.bytes))
    #expect(answer.status == 415, "\(image.name): \(answer.text)")
    #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["status"] == "queued")
    #expect(try await backend.list() == [])
    #expect(backend.openWriters == 0)
    #expect(tool.seen == 0)
  }

  @Test("an operator may let images be declared as something else; what is dangerous is refused all the same")
  func lenient() async throws {
    var options = GlanceOptions()
    options.requiresFormatMatch = false
    let cloud = try await ImageCloud(options: options)
    let id = try await cloud.image(["disk_format": "qcow2"])
    #expect(try await cloud.upload(id, "no disk of any kind").status == 204)
    #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["virtual_size"] == .null)
    for image in DraftImage.hostile {
      let header = ImageHeader(Array(image.bytes.prefix(ImageHeader.length(image.bytes))), size: image.bytes.count)
      guard header.danger != nil else { continue }
      let id = try await cloud.image(["disk_format": .string(image.declared)])
      #expect(try await cloud.upload(id, .bytes(image.bytes)).status == 415, "\(image.name)")
    }
  }

  @Test("what is refused is refused while the rest is still being sent")
  func early() async throws {
    let cloud = try await ImageCloud()
    let id = try await cloud.image(["disk_format": "qcow2"])
    let sent = Mutex(0)
    let answer = try await cloud.upload(
      id,
      .stream(
        BodyStream {
          sent.withLock { sent in
            sent += 1
            return sent > 1000 ? nil : [UInt8](repeating: 1, count: 1 << 20)
          }
        }))
    #expect(answer.status == 415)
    #expect(sent.withLock { $0 } < 10, "of a thousand pieces")
  }

  /// What qemu-img makes is taken, and its size is told right.
  @Test(
    .enabled(if: ((try? BlockingFiles.list("/usr/bin")) ?? []).contains("qemu-img")),
    arguments: [
      ("qcow2", "qcow2"), ("vmdk", "vmdk"), ("vdi", "vdi"), ("vpc", "vhd"), ("vhdx", "vhdx"), ("parallels", "ploop"),
    ])
  func genuineImagesAreTaken(tool: String, format: String) async throws {
    let path = "/tmp/mlt-test-genuine-\(World.real.hexID())"
    let size = 64 << 20
    try await Host.real.runOK("qemu-img", ["create", "-q", "-f", tool, path, String(size)])
    let head = try await Host.real.readHead(path, count: ImageHeader.length)
    let whole = try #require(try await Host.real.status(path)?.size)
    let header = ImageHeader(head, size: whole)
    try await Host.real.remove(path)
    #expect(header.format == format)
    #expect(header.danger == nil)
    // VHD counts in cylinders, and makes a disk somewhat larger.
    #expect((size..<(size + (1 << 20))).contains(header.virtualSize ?? 0))
  }
}
