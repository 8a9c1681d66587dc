import Core
import Crypto
import FakeHardware
import FileDisk
import GlanceModel
import HTTP
import Hardware
import Host
import JSON
import Store
import Testing
import Work

@Suite("Image cache") struct CacheTests {
  private let far = FarImages()
  private let cache = FakeImages()

  private func cloud(
    limit: Int = 1000, world: World = .real, options: GlanceOptions = GlanceOptions()
  ) async throws -> ImageCloud {
    try await ImageCloud(
      stores: ImageStores([.init("far", type: "s3", far)], defaultID: "far", staging: FakeImages(), stagingTwin: nil),
      options: options, world: world, cache: (cache, limit))
  }
  private func image(_ text: String, in cloud: ImageCloud) async throws -> String {
    let id = try await cloud.image()
    try #require(try await cloud.upload(id, text).status == 204)
    return id
  }
  private func download(_ id: String, _ cloud: ImageCloud, _ headers: Headers = [:]) async throws -> String {
    try await cloud.send("GET", "/v2/images/\(id)/file", headers: headers).text
  }
  private func ask(_ method: String, _ path: String, _ cloud: ImageCloud) async throws -> Int {
    try await cloud.ask(method, "/v2/cache" + path, as: "admin").status
  }
  private func list(_ cloud: ImageCloud) async throws -> (cached: [String], queued: [String]) {
    let list = try await cloud.ask("GET", "/v2/cache", as: "admin").json
    return (
      (list["cached_images"]?.array ?? []).compactMap { $0["image_id"]?.string },
      (list["queued_images"]?.array ?? []).compactMap(\.string)
    )
  }
  private func entry(_ id: String, _ cloud: ImageCloud) async throws -> JSON? {
    try await cloud.ask("GET", "/v2/cache", as: "admin").json["cached_images"]?.array?.first {
      $0["image_id"]?.string == id
    }
  }

  @Test("a queued image is brought here, and read from here when its store is gone")
  func queued() async throws {
    let cloud = try await cloud()
    let id = try await image("far away", in: cloud)
    #expect(try await cloud.ask("PUT", "/v2/cache/\(id)").status == 403)
    #expect(try await ask("PUT", "/\(id)", cloud) == 202)
    #expect(try await ask("PUT", "/\(id)", cloud) == 202)
    #expect(try await list(cloud) == ([], [id]))
    try await cloud.settle()
    #expect(try await list(cloud) == ([id], []))
    #expect(far.reads == 1)
    far.set { $0.isDown = true }
    #expect(try await download(id, cloud) == "far away")
    #expect(try await download(id, cloud, ["Range": "bytes=4-7"]) == "away")
    let shown = try #require(try await entry(id, cloud))
    #expect(shown["hits"] == 2)
    #expect(shown["size"] == 8)
    #expect(try Double(json: shown["last_accessed"] ?? .null) > Double(json: shown["last_modified"] ?? .null))
    #expect(far.reads == 1)
    #expect(cache.openWriters == 0)
  }

  @Test("a whole download caches what it brings; a part, a broken one and one that is left do not")
  func downloads() async throws {
    let cloud = try await cloud()
    let id = try await image("far away", in: cloud)
    #expect(try await download(id, cloud, ["Range": "bytes=4-7"]) == "away")
    far.set { $0.breaksAfter = 4 }
    await #expect(throws: Fault.self) { _ = try await download(id, cloud) }
    far.set { $0.breaksAfter = nil }
    do {
      let request = Request("GET", "/v2/images/\(id)/file", headers: ["Host": "images", "X-Auth-Token": "demo"])
      guard case .stream(let stream) = await cloud.handler(request).body else {
        Issue.record("no stream")
        return
      }
      _ = try await stream.next()
      #expect(cache.openWriters == 1)
      #expect(try await download(id, cloud) == "far away", "and is not brought twice at once")
      #expect(try await list(cloud).cached == [])
    }
    for _ in 0..<1000 where cache.openWriters > 0 { try await Task.sleep(for: .milliseconds(2)) }
    #expect(cache.openWriters == 0)
    #expect(try await cache.list() == [])
    #expect(try await list(cloud) == ([], []))
    #expect(try await download(id, cloud) == "far away")
    #expect(try await list(cloud).cached == [id])
    #expect(try await entry(id, cloud)?["hits"] == 0)
    far.set { $0.isDown = true }
    #expect(try await download(id, cloud) == "far away")
    #expect(try await entry(id, cloud)?["hits"] == 1)
  }

  @Test("bytes that were changed in their store are not cached")
  func changed() async throws {
    let cloud = try await cloud()
    let id = try await image("far away", in: cloud)
    far.set { $0.firstByte = 1 }
    await #expect(throws: Fault.self) { _ = try await download(id, cloud) }
    #expect(try await ask("PUT", "/\(id)", cloud) == 202)
    try await cloud.settle()
    #expect(try await list(cloud) == ([], []))
    #expect(try await cache.list() == [])
    #expect(cache.openWriters == 0)
  }

  @Test("a full disk takes nothing from a download, and an image from the queue")
  func full() async throws {
    let cloud = try await cloud()
    let id = try await image("far away", in: cloud)
    cache.setFull(true)
    #expect(try await download(id, cloud) == "far away")
    #expect(try await ask("PUT", "/\(id)", cloud) == 202)
    try await cloud.settle()
    #expect(try await list(cloud) == ([], []))
    #expect(cache.openWriters == 0)
  }

  @Test("what is removed from the cache or its queue leaves no bytes")
  func removal() async throws {
    let cloud = try await cloud()
    let (one, two) = (try await image("one", in: cloud), try await image("two", in: cloud))
    #expect(try await ask("DELETE", "/\(one)", cloud) == 204, "it is not cached")
    #expect(try await ask("DELETE", "/6ee30a87-4c3a-4d4c-8a1d-1f6b0c1f8a11", cloud) == 404)
    #expect(try await ask("PUT", "/6ee30a87-4c3a-4d4c-8a1d-1f6b0c1f8a11", cloud) == 404)
    #expect(try await ask("PUT", "/\(try await cloud.image())", cloud) == 400, "it has no data")
    #expect(try await ask("PUT", "/\(one)", cloud) == 202)
    #expect(try await ask("DELETE", "/\(one)", cloud) == 204)
    try await cloud.settle()
    #expect(try await list(cloud) == ([], []))
    for id in [one, two] { #expect(try await download(id, cloud).utf8.count == 3) }
    #expect(try await cache.list().count == 2)
    #expect(try await ask("DELETE", "/\(one)", cloud) == 204)
    #expect(try await list(cloud).cached == [two])
    #expect(try await cache.list().count == 1)
    #expect(try await cloud.ask("DELETE", "/v2/images/\(two)").status == 204)
    #expect(try await list(cloud) == ([], []))
    #expect(try await cache.list() == [])
  }

  @Test("the cache and its queue are cleared together or apart")
  func clearing() async throws {
    let cloud = try await cloud()
    let (one, two) = (try await image("one", in: cloud), try await image("two", in: cloud))
    func clear(_ target: String) async throws -> Int {
      try await cloud.send("DELETE", "/v2/cache", as: "admin", headers: ["x-image-cache-clear-target": target]).status
    }
    func again() async throws {
      _ = try await download(one, cloud)
      _ = try await ask("PUT", "/\(two)", cloud)
      #expect(try await list(cloud) == ([one], [two]))
    }
    try await again()
    #expect(try await clear("Queue") == 204)
    #expect(try await list(cloud) == ([one], []))
    try await again()
    #expect(try await clear("cache") == 204)
    #expect(try await list(cloud) == ([], [two]))
    #expect(try await cache.list() == [])
    try await again()
    #expect(try await clear("else") == 400)
    #expect(try await clear("") == 204)
    #expect(try await list(cloud) == ([], []))
    try await cloud.settle()
    #expect(try await list(cloud) == ([], []))
    #expect(try await cache.list() == [])
  }

  @Test("the image that nobody read for the longest time goes first; what is larger than the cache never comes")
  func pruning() async throws {
    let cloud = try await cloud(limit: 8)
    let (one, two, same) = (
      try await image("one!", in: cloud), try await image("two!", in: cloud), try await image("two!", in: cloud)
    )
    for id in [one, two, same, one] { _ = try await download(id, cloud) }
    #expect(Set(try await list(cloud).cached) == [one, two, same], "the same bytes are there once")
    #expect(try await cache.list().count == 2)
    let three = try await image("three", in: cloud)
    _ = try await download(three, cloud)
    #expect(try await list(cloud).cached == [three], "only five of eight bytes are left")
    #expect(try await cache.list().count == 1)
    let large = try await image("far too large", in: cloud)
    _ = try await download(large, cloud)
    _ = try await ask("PUT", "/\(large)", cloud)
    try await cloud.settle()
    #expect(try await list(cloud) == ([three], []))
    let (four, five) = (try await image("four", in: cloud), try await image("five", in: cloud))
    for id in [four, five] { _ = try await ask("PUT", "/\(id)", cloud) }
    try await cloud.settle()
    #expect(Set(try await list(cloud).cached) == [four, five])
    let pruned = try await cloud.ask("POST", "/v2/cache/prune", as: "admin").json
    #expect(pruned == ["total_files_pruned": 0, "total_bytes_pruned": 0])
  }

  @Test("a deactivated image is as closed as ever, and a stranger's as unseen")
  func closed() async throws {
    let cloud = try await cloud()
    let id = try await image("far away", in: cloud)
    _ = try await download(id, cloud)
    #expect(try await list(cloud).cached == [id])
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file", as: "other").status == 404)
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file", as: "reader").status == 403)
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/actions/deactivate", as: "admin").status == 204)
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file").status == 403)
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file", as: "admin").text == "far away")
    #expect(try await ask("PUT", "/\(id)", cloud) == 400)
  }

  @Test("without a cache there is none")
  func off() async throws {
    let cloud = try await ImageCloud(stores: ImageStores(single: FakeImages()), cache: nil)
    for (method, path) in [("GET", ""), ("DELETE", ""), ("POST", "/clean"), ("POST", "/prune")] {
      #expect(try await ask(method, path, cloud) == 404)
    }
    let versions = try await cloud.ask("GET", "/versions").json["versions"]?.array ?? []
    #expect(versions.first?["id"] == "v2.17")
    #expect(!versions.contains { $0["id"] == "v2.16" })
    let cached = try await self.cloud().ask("GET", "/versions").json["versions"]?.array ?? []
    #expect(cached.first?["id"] == "v2.18")
  }
}

/// The cache as files of this host.
@Suite("Image cache in files") struct CacheFilesTests {
  private let directory = "/tmp/mlt-cache-\(World.real.hexID())"
  private var host: Host { .real }

  private func cloud(local: Bool) async throws -> ImageCloud {
    let backend: any ImageBackend =
      local ? ImageFiles(directory: directory + "/store", host: host, world: .real) : FarImages()
    return try await ImageCloud(
      stores: ImageStores(
        [.init("one", type: "file", backend)], defaultID: "one", staging: FakeImages(), stagingTwin: nil),
      cache: (ImageFiles(directory: directory + "/cache", host: host, world: .real), 1 << 20))
  }
  private func cached(_ text: String, in cloud: ImageCloud) async throws -> (id: String, path: String) {
    let id = try await cloud.image()
    try #require(try await cloud.upload(id, text).status == 204)
    try #require(try await cloud.ask("PUT", "/v2/cache/\(id)", as: "admin").status == 202)
    try await cloud.settle()
    let hash = Hash.sha512(Array(text.utf8)).hex
    return (id, directory + "/cache/blobs/\(hash.prefix(2))/\(hash)")
  }
  private func list(_ cloud: ImageCloud) async throws -> [String] {
    (try await cloud.ask("GET", "/v2/cache", as: "admin").json["cached_images"]?.array ?? [])
      .compactMap { $0["image_id"]?.string }
  }

  @Test("an image of files is cached by a link and costs nothing")
  func link() async throws {
    let cloud = try await cloud(local: true)
    let (id, path) = try await cached("of this host", in: cloud)
    #expect(try await list(cloud) == [id])
    let found = try await host.runOK("stat", ["-c", "%h", path])
    #expect(String(decoding: found.stdout, as: UTF8.self) == "2\n")
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file").text == "file \(path) 0 12")
    #expect(try await cloud.ask("DELETE", "/v2/images/\(id)").status == 204)
    #expect(try await !host.exists(path))
    try await host.remove(directory)
  }

  @Test("a damaged or missing file is never sent: the image comes from its store")
  func damaged() async throws {
    let cloud = try await cloud(local: false)
    let (id, path) = try await cached("far away", in: cloud)
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file").text == "file \(path) 0 8")
    try await host.allocate(path, size: 4)
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file").text == "far away")
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file").text == "file \(path) 0 8", "it was cached anew")
    try await host.remove(path)
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file", headers: ["Range": "bytes=4-7"]).text == "away")
    #expect(try await list(cloud) == [])
    try await host.remove(directory)
  }

  @Test("at the start, and when it is asked to clean, bytes and entries that do not belong together go")
  func strays() async throws {
    let cloud = try await cloud(local: false)
    let (kept, _) = try await cached("kept", in: cloud)
    let (lost, path) = try await cached("lost", in: cloud)
    try await host.remove(path)
    let stray = directory + "/cache/blobs/ab/" + String(repeating: "ab", count: 64)
    try await host.makeDirectory(directory + "/cache/blobs/ab")
    try await host.writeFile(stray, [1])
    let fill = directory + "/cache/scratch/before/half"
    try await host.makeDirectory(directory + "/cache/scratch/before")
    try await host.writeFile(fill, [1])
    #expect(Set(try await list(cloud)) == [kept, lost])
    let next = ImageCache(
      ImageFiles(directory: directory + "/cache", host: host, world: .real), limit: 1 << 20, node: cloud.queue.node,
      store: cloud.store, world: .real)
    await next.start()
    #expect(try await list(cloud) == [kept])
    #expect(try await !host.exists(stray))
    #expect(try await !host.exists(fill))
    try await host.writeFile(stray, [1])
    #expect(try await cloud.ask("POST", "/v2/cache/clean", as: "admin").status == 200)
    #expect(try await !host.exists(stray))
    #expect(try await list(cloud) == [kept])
    try await host.remove(directory)
  }
}
