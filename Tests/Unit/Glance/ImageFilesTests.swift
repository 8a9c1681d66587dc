import Core
import FileDisk
import GlanceModel
import HTTP
import Hardware
import Host
import JSON
import Testing

/// A cloud whose image store is a fresh directory, with the real inspector; the directory goes at the end.
private func withFiles(_ body: (ImageCloud, ImageFiles, _ directory: String) async throws -> Void) async throws {
  let directory = "/tmp/mlt-test-images-\(World.real.hexID())"
  let files = ImageFiles(directory: directory)
  do {
    try await body(try await ImageCloud(backend: files, inspector: QemuImageInspector()), files, directory)
  } catch {
    try await Host.real.remove(directory)
    throw error
  }
  try await Host.real.remove(directory)
}

/// The bytes of an image that qemu-img makes.
private func made(_ directory: String, _ arguments: [String]) async throws -> [UInt8] {
  try await Host.real.makeDirectory(directory)
  let path = directory + "/made"
  try await Host.real.runOK("qemu-img", ["create", "-q"] + arguments.map { $0 == "PATH" ? path : $0 })
  let bytes = try await Host.real.readFile(path)
  try await Host.real.remove(path)
  return bytes
}

@Suite("Image files") struct ImageFilesTests {
  @Test("a file of several pieces is whole, named for its content, and sent without being read")
  func roundTrip() async throws {
    try await withFiles { cloud, files, directory in
      let id = try await cloud.image()
      let content = (0..<(3 << 20) + 7).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      let pieces = stride(from: 0, to: content.count, by: 65_536).map {
        Array(content[$0..<min($0 + 65_536, content.count)])
      }
      let source = Source(pieces)
      let body = Body.stream(BodyStream(length: content.count) { await source.next() })
      #expect(try await cloud.upload(id, body).status == 204)
      let image = try await cloud.ask("GET", "/v2/images/\(id)").json
      let hash = try #require(image["os_hash_value"]?.string)
      let path = "\(directory)/blobs/\(hash.prefix(2))/\(hash)"
      #expect(try await cloud.send("GET", "/v2/images/\(id)/file").text == "file \(path) 0 \(content.count)")
      let part = try await cloud.send("GET", "/v2/images/\(id)/file", headers: ["Range": "bytes=10-19"])
      #expect(part.text == "file \(path) 10 10")
      #expect(try await Host.real.readFile(path) == content)
      #expect(image["virtual_size"] == .int(content.count))
      #expect(try await cloud.ask("DELETE", "/v2/images/\(id)").status == 204)
      #expect(try await files.list() == [])
      #expect(try await scratch(directory) == [])
    }
  }
  private actor Source {
    var pieces: [[UInt8]]
    init(_ pieces: [[UInt8]]) { self.pieces = pieces }
    func next() -> [UInt8]? { pieces.isEmpty ? nil : pieces.removeFirst() }
  }
  private func scratch(_ directory: String) async throws -> [String] {
    var all: [String] = []
    for session in try await Host.real.list(directory + "/scratch") {
      all += try await Host.real.list("\(directory)/scratch/\(session)")
    }
    return all
  }

  @Test("a genuine qcow2 is active and its virtual size known")
  func genuine() async throws {
    try await withFiles { cloud, _, directory in
      let id = try await cloud.image(["disk_format": "qcow2"])
      #expect(try await cloud.upload(id, .bytes(made(directory, ["-f", "qcow2", "PATH", "2G"]))).status == 204)
      #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["virtual_size"] == 2_147_483_648)
    }
  }

  @Test(
    "hostile and mistaken images are refused, stay queued and leave nothing",
    arguments: [
      ("qcow2", ["-f", "qcow2", "-b", "/etc/passwd", "-F", "raw", "-u", "PATH", "1G"]),
      ("qcow2", ["-f", "vmdk", "PATH", "1G"]), ("raw", ["-f", "qcow2", "PATH", "1G"]),
      ("vmdk", ["-f", "raw", "PATH", "1M"]), ("qcow2", ["-f", "raw", "PATH", "1M"]),
    ])
  func hostile(format: String, arguments: [String]) async throws {
    try await withFiles { cloud, files, directory in
      let id = try await cloud.image(["disk_format": .string(format)])
      let answer = try await cloud.upload(id, .bytes(made(directory, arguments)))
      #expect(answer.status == 415, "\(answer.text)")
      #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["status"] == "queued")
      #expect(try await files.list() == [])
      #expect(try await scratch(directory) == [])
    }
  }

  @Test("bytes that somebody begins to want while they go stay; what a crash put aside comes back")
  func races() async throws {
    try await withFiles { _, files, directory in
      let hash = String(repeating: "ab", count: 64)
      let writer = try await files.begin(for: "")
      try await writer.write([1, 2, 3])
      try await writer.finish(as: hash)
      await writer.abandon()
      let answers = Answers([false, true])
      try await files.remove(hash) { await answers.next() }
      #expect(try await files.content(hash)?.size == 3)
      let path = "\(directory)/blobs/ab/\(hash)"
      try await Host.real.move(path, to: "\(directory)/aside/\(hash).before.1")
      try await Host.real.writeFile("\(directory)/scratch/stray", [1])
      let restarted = ImageFiles(directory: directory)
      try await restarted.removeStrays()
      #expect(try await restarted.content(hash)?.size == 3)
      #expect(try await Host.real.exists("\(directory)/scratch/stray") == false)
      try await restarted.remove(hash) { false }
      #expect(try await restarted.list() == [])
    }
  }
  /// One removal, slow in its second question, is answered from before an upload; another takes the new bytes aside.
  @Test("two removals of what is uploaded again lose nothing") func twoRemovals() async throws {
    try await withFiles { _, files, _ in
      let hash = String(repeating: "ab", count: 64)
      @Sendable func put() async throws {
        let writer = try await files.begin(for: "")
        try await writer.write([1, 2, 3])
        try await writer.finish(as: hash)
      }
      try await put()
      let (aside, goOn) = (AsyncStream<Void>.makeStream(), AsyncStream<Void>.makeStream())
      let asked = Answers([false, false])
      let first = Task {
        try await files.remove(hash) {
          let answer = await asked.next()
          guard await asked.list.isEmpty else { return answer }
          aside.continuation.finish()
          for await _ in goOn.stream {}
          return answer
        }
      }
      for await _ in aside.stream {}
      try await put()
      let isAsked = Answers([false, true])
      try await files.remove(hash) {
        let answer = await isAsked.next()
        guard answer else { return false }
        goOn.continuation.finish()
        try await first.value
        return true
      }
      #expect(try await files.content(hash)?.size == 3)
    }
  }
  private actor Answers {
    var list: [Bool]
    init(_ list: [Bool]) { self.list = list }
    func next() -> Bool { list.removeFirst() }
  }
}
