import Core
import FakeHardware
import GlanceModel
import GlanceWork
import Hardware
import JSON
import Store
import Synchronization
import Testing

/// What an image names stays, whatever its stores call it.
@Suite("Kept bytes") struct KeptBytesTests {
  private let files = FakeImages()
  private let objects = FakeImages(keys: .uploads)

  /// Files, which are the staging area too, and a store that names each upload.
  private func cloud(_ options: GlanceOptions = GlanceOptions()) async throws -> ImageCloud {
    try await ImageCloud(
      stores: ImageStores(
        [.init("file", type: "file", weight: 5, files), .init("s3", type: "s3", objects)], defaultID: "file",
        staging: files, stagingTwin: "file"), web: OnePage(), options: options)
  }
  private struct OnePage: WebSource {
    func fetch(_ uri: String, limit: Int) async throws -> ImagePieces {
      let rest = Mutex<[UInt8]?>(Array("page".utf8))
      return { rest.withLock { $0.take() } }
    }
  }

  @Test("an image imported into every store can be read from each") func everywhere() async throws {
    let cloud = try await cloud()
    let id = try await cloud.image()
    let body: JSON = ["method": ["name": "web-download", "uri": "http://example.org/x"], "all_stores": true]
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/import", body).status == 202)
    try await cloud.settle()
    #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["stores"] == "file,s3")
    #expect(try await (files.list().count, objects.list().count) == (1, 1))
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file").text == "page")
    try await cloud.bytes.removeUnwanted()
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file").text == "page")
    #expect(try await cloud.ask("DELETE", "/v2/images/\(id)").status == 204)
    #expect(try await files.list() + objects.list() == [])
    #expect(try await cloud.store.read { try await $0.count(ImagePlace.self) } == 0)
  }

  /// While one image's copy into a second store of objects runs, another with the same content clears what it staged.
  @Test("staged bytes stay while any image names them, whatever it named last") func stagedByTwo() async throws {
    let cloud = try await cloud()
    let writer = try await files.begin(for: "")
    try await writer.write([1])
    try await writer.finish(as: "content")
    let staged = ImageLocation(store: ImageLocation.staging, key: "content", isReady: true)
    for name in ["one", "two"] {
      var image = Image()
      (image.id, image.status) = (name, .importing)
      image.refer(to: staged)
      image.refer(to: ImageLocation(store: "s3", key: name + ".1", isReady: false))
      let made = image
      try await cloud.store.write { try await $0.insert(made) }
    }
    try await cloud.store.write { transaction in
      var two = try #require(try await transaction.get(Image.self, "two"))
      two.leave(ImageLocation.staging)
      try await transaction.update(two)
    }
    try await cloud.bytes.release(staged)
    try await cloud.bytes.removeUnwanted()
    #expect(try await files.list() == ["content"])
    try await cloud.store.write { transaction in
      try await transaction.delete(try #require(try await transaction.get(Image.self, "one")))
    }
    try await cloud.bytes.release(staged)
    #expect(try await files.list() == [])
  }

  @Test("images of before there were several stores keep their bytes") func older() async throws {
    let cloud = try await cloud()
    let id = try await cloud.image()
    #expect(try await cloud.upload(id, "old").status == 204)
    try await cloud.store.write { transaction in
      var image = try #require(try await transaction.get(Image.self, id))
      let hash = try #require(image.hashValue)
      image.put([])
      image.storedHash = hash
      try await transaction.update(image)
    }
    try await cloud.bytes.removeUnwanted()
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file").text == "old")
    let copy: JSON = ["method": ["name": "copy-image"], "stores": ["s3"]]
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/import", copy, as: "admin").status == 202)
    try await cloud.settle()
    try await cloud.bytes.removeUnwanted()
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file").text == "old")
    #expect(try await objects.list().count == 1)
  }

  @Test("a sweep asks about many keys, page by page") func sweep() async throws {
    let cloud = try await cloud()
    let id = try await cloud.image()
    #expect(try await cloud.upload(id, "kept").status == 204)
    for number in 0..<1200 {
      let writer = try await files.begin(for: "")
      try await writer.finish(as: "stray\(number)")
    }
    try await cloud.bytes.removeUnwanted()
    #expect(try await files.list().count == 1)
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file").text == "kept")
  }

  @Test("who comes late settles nothing that another process has named since")
  func late() throws {
    var image = Image()
    let (first, second) = (
      ImageLocation(store: "far", key: "one", isReady: false), ImageLocation(store: "far", key: "two", isReady: false)
    )
    image.refer(to: first)
    image.refer(to: second)
    let fault = #expect(throws: Fault.self) { try image.settle(first) }
    #expect(fault?.kind == .gone)
    #expect(image.places == [])
    try image.settle(second)
    #expect(image.places.map(\.key) == ["two"])
  }
}
