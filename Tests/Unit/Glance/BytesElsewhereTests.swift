import Core
import FakeHardware
import GlanceModel
import Hardware
import Testing
import Work

/// The care for bytes that are kept on other machines.
@Suite("Bytes elsewhere") struct BytesElsewhereTests {
  @Test("bytes in use stay until they are not, and hold up no others")
  func bytesInUse() async throws {
    let backend = FakeImages()
    let cloud = try await ImageCloud(backend: backend)
    _ = try await cloud.image()
    for key in ["cloned", "old"] {
      let writer = try await backend.begin(for: "")
      try await writer.write([1])
      try await writer.finish(as: key)
    }
    backend.setBusy(["cloned"])
    try await cloud.bytes.removeUnwanted()
    #expect(try await backend.list() == ["cloned"])
    backend.setBusy([])
    try await cloud.bytes.removeUnwanted()
    #expect(try await backend.list() == [])
  }

  @Test("a store elsewhere holds up no start, and is tidied while the service runs")
  func tidied() async throws {
    let (here, there) = (FakeImages(), FakeImages())
    let stores = ImageStores(
      [ImageStores.Entry("file", type: "file", here), ImageStores.Entry("ceph", type: "rbd", there)],
      defaultID: "file", staging: here, stagingTwin: "file")
    let cloud = try await ImageCloud(stores: stores)
    try await cloud.bytes.start()
    #expect(here.timesTidied == 1 && there.timesTidied == 0)
    let reconciler = try #require(cloud.bytes.reconcilers().first { $0.name == "glance-strays" })
    try await reconciler.runOnce()
    #expect(here.timesTidied == 2 && there.timesTidied == 1)
  }
}
