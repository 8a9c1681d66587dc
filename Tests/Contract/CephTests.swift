#if RBD
  import Core
  import Hardware
  import Host
  import RBD
  import Testing

  /// A genuine Ceph of one node, started by the test.
  private struct Ceph: Sendable {
    static let isInstalled = Machine.has("ceph-mon") && Machine.has("ceph-osd") && Machine.has("rbd")
    let folder: String
    private let process: ProcessID

    static func start() async throws -> Ceph {
      let folder = try await Machine.folder()
      let process = try await Host.real.spawnDaemon(
        "/bin/bash", [Machine.absolute("Tests/Contract/ceph.sh"), folder + "/ceph"], log: folder + "/log")
      let ceph = Ceph(folder: folder, process: process)
      for _ in 0..<600 where process.isAlive {
        if try await Host.real.exists(folder + "/ceph/ready") { return ceph }
        try await World.real.sleep(.milliseconds(100))
      }
      try await ceph.stop()
      throw Fault.unavailable("Ceph did not start")
    }

    func stop() async throws {
      try await Host.real.ensureEnded(process)
      try await Host.real.remove(folder)
    }

    var place: RBDImages.Place {
      var place = RBDImages.Place(pool: "images")
      place.configuration = folder + "/ceph/ceph.conf"
      place.timeout = .seconds(5)
      return place
    }

    func pids() async throws -> [String] {
      let text = String(decoding: try await Host.real.readFile(folder + "/ceph/pids"), as: UTF8.self)
      return text.split { $0 == " " || $0 == "\n" }.map(String.init)
    }

    /// What Ceph's own tools say, or do.
    @discardableResult
    func run(_ words: String...) async throws -> String {
      try await Host.real.runOK(words[0], ["--conf", folder + "/ceph/ceph.conf"] + words.dropFirst()).text
    }
  }

  @Suite("Ceph", .serialized, .enabled(if: Ceph.isInstalled, "needs ceph-mon, ceph-osd and ceph-common"))
  struct CephTests {
    private static let image = "3d1f6a52-7f6e-4f4b-9d33-0c6a3f1a9b10"

    @Test func poolsOfCephKeepTheContract() async throws {
      let ceph = try await Ceph.start()
      do {
        var place = ceph.place
        place.chunkSize = 1 << 20
        // Three objects and a half.
        try await ImageBackendContract(images: RBDImages(place)).holds(largeSize: 7 << 19)
        try await clones(ceph)
        try await neighbours(ceph)
        try await refusals(ceph)
        try await exclusion(ceph)
        try await silence(ceph)
      } catch {
        try await ceph.stop()
        throw error
      }
      try await ceph.stop()
    }

    /// Disks are cloned from images, which stay as long as those do.
    private func clones(_ ceph: Ceph) async throws {
      let images = try RBDImages(ceph.place)
      let contract = ImageBackendContract(images: images)
      let key = try await contract.keep([[1, 2, 3], [UInt8](repeating: 0, count: 20 << 20), [4]])
      let usage = try await ceph.run("rbd", "du", "images/" + key)
      let cluster = try await ceph.run("ceph", "fsid").split(separator: "\n").joined()
      #expect(images.url(of: key) == "rbd://\(cluster)/images/\(key)/snap")
      #expect(usage.contains("12 MiB"), "the first object and a half: \(usage)")
      // Of Ceph's two kinds of clones the first holds the snapshot itself.
      try await ceph.run("rbd", "--rbd-default-clone-format", "1", "clone", "images/\(key)@snap", "images/disk")
      let busy = await #expect(throws: Fault.self) { try await images.remove(key) { false } }
      #expect(busy?.kind == .conflict)
      #expect(try await contract.bytes(key)?.count == (20 << 20) + 4)
      try await ceph.run("rbd", "rm", "images/disk")
      let other = try await contract.keep([[5, 6, 7]])
      try await ceph.run("rbd", "--rbd-default-clone-format", "2", "clone", "images/\(other)@snap", "images/disk")
      let isCloned = await #expect(throws: Fault.self) { try await images.remove(other) { false } }
      #expect(isCloned?.kind == .conflict)
      #expect(try await images.list().contains(other), "so that it is asked again")
      try await ceph.run("rbd", "export", "images/disk", ceph.folder + "/disk")
      #expect(try await Host.real.readFile(ceph.folder + "/disk") == [5, 6, 7])
      try await ceph.run("rbd", "rm", "images/disk")
      try await images.remove(other) { false }
      #expect(try await images.list() == [key])

      // What is being read is not removed under its reader, who would be given zeros.
      guard case .remote(let size, let read)? = try await images.content(key) else {
        Issue.record("nothing is there")
        return
      }
      do {
        let pieces = try await read(0..<size)
        var bytes = try await pieces() ?? []
        let isRead = await #expect(throws: Fault.self) { try await images.remove(key) { false } }
        #expect(isRead?.kind == .conflict)
        while let piece = try await pieces() { bytes += piece }
        #expect(bytes.count == size && bytes.prefix(4) == [1, 2, 3, 0] && bytes.last == 4)
      }
      for _ in 0..<100 where try await images.list() != [] {
        try? await images.remove(key) { false }
        try await World.real.sleep(.milliseconds(50))
      }
      #expect(try await ceph.run("rbd", "ls", "images") == "")
    }

    /// What others keep in the pool is not ours, and what a dead process left behind goes after a day.
    private func neighbours(_ ceph: Ceph) async throws {
      try await ceph.run("rbd", "create", "--size", "1", "images/" + Self.image)
      try await ceph.run("rbd", "create", "--size", "1", "images/\(Self.image).other0a1b2c3d")
      try await ceph.run("rbd", "create", "--size", "1", "images/\(Self.image).0a1b2c3d.upload")
      let images = try RBDImages(ceph.place)
      #expect(try await images.list() == [])
      try await images.removeStrays()
      #expect(try await ceph.run("rbd", "ls", "images").split(separator: "\n").count == 3)
      var later = World.real
      let now = later.now
      later.now = { Timestamp(microseconds: now().microseconds + 90_000_000_000) }
      try await RBDImages(ceph.place, world: later).removeStrays()
      let others = [Self.image, Self.image + ".other0a1b2c3d"]
      #expect(try await ceph.run("rbd", "ls", "images") == others.map { $0 + "\n" }.joined())
      for other in others { try await ceph.run("rbd", "rm", "images/" + other) }
    }

    /// Who must act is told what to do.
    private func refusals(_ ceph: Ceph) async throws {
      let changes: [(words: String, change: (inout RBDImages.Place) -> Void)] = [
        ("rbd_store_pool", { $0.pool = "pictures" }), ("rbd_store_user", { $0.user = "nobody" }),
        ("rbd_store_ceph_conf", { $0.configuration = "/nowhere/ceph.conf" }),
      ]
      for (words, change) in changes {
        var place = ceph.place
        change(&place)
        let fault = await #expect(throws: Fault.self) { _ = try await RBDImages(place).begin(for: Self.image) }
        #expect(fault?.kind == .unavailable)
        #expect(fault?.message.contains(words) == true, "\(String(describing: fault))")
        #expect(fault?.message.contains("administrator") == true)
      }
    }

    /// Whom the cluster shuts out comes again as another.
    private func exclusion(_ ceph: Ceph) async throws {
      let contract = ImageBackendContract(images: try RBDImages(ceph.place))
      let key = try await contract.keep([[1, 2, 3]])
      let writer = try await contract.images.begin(for: Self.image)
      let status = try await ceph.run("rbd", "status", "images/\(writer.key(of: "")).upload")
      let ours = try #require(status.split { " \n=".contains($0) }.first { $0.hasPrefix("127.0.0.1:") }, "\(status)")
      try await ceph.run("ceph", "osd", "blocklist", "add", String(ours))
      try await writer.write([4])
      let fault = await #expect(throws: Fault.self) { try await writer.finish(as: writer.key(of: "")) }
      #expect(fault?.kind == .unavailable && fault?.message.contains("shut") == true, "\(String(describing: fault))")
      await writer.abandon()
      #expect(try await contract.bytes(key) == [1, 2, 3])
      try await contract.images.remove(key) { false }
      #expect(try await ceph.run("rbd", "ls", "images") == "")
    }

    /// Nobody waits for ever for a cluster that says nothing, and it is used again when it speaks.
    private func silence(_ ceph: Ceph) async throws {
      // What Ceph's own configuration says of patience holds.
      let patience = Array("\n[client]\nrados osd op timeout = 3\nrados mon op timeout = 3\n".utf8)
      var quick = ceph.place
      quick.configuration = ceph.folder + "/quick.conf"
      quick.timeout = .seconds(2)
      let conf = try await Host.real.readFile(ceph.place.configuration)
      try await Host.real.writeFile(quick.configuration, conf + patience)
      let contract = ImageBackendContract(images: try RBDImages(quick))
      let key = try await contract.keep([[1, 2, 3]])
      let writer = try await contract.images.begin(for: Self.image)
      let pids = try await ceph.pids()
      try await Host.real.runOK("kill", ["-STOP"] + pids)
      let fresh = try RBDImages(quick)
      let start = World.real.uptime()
      for images in [contract.images, fresh, fresh] {
        let fault = await #expect(throws: Fault.self) { _ = try await images.content(key) }
        #expect(fault?.kind == .unavailable && fault?.message.contains("does not answer") == true)
      }
      try await writer.write([4])
      let fault = await #expect(throws: Fault.self) { try await writer.finish(as: writer.key(of: "")) }
      #expect(fault?.kind == .unavailable)
      #expect(World.real.uptime() - start < .seconds(30))
      try await Host.real.runOK("kill", ["-CONT"] + pids)
      for _ in 0..<20 where (try? await contract.images.content(key)) == nil {}
      await writer.abandon()
      #expect(try await contract.bytes(key) == [1, 2, 3])
      try await contract.images.remove(key) { false }
      #expect(try await contract.images.list() == [])
    }
  }
#endif
