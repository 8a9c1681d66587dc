import Config
import Core
import Host
import Testing

@testable import GlanceModel
@testable import Wiring

/// The image stores that settings name.
@Suite("Image stores of the settings") struct ImageStoresTests {
  private func stores(_ sets: [String]) throws -> ImageStores {
    let settings = try Settings.load(file: nil, sets: sets).settings
    let state = StateDirectory(path: "/tmp/mlt-test-none", secrets: Secrets(), lock: -1)
    return try ImageStores(settings, state: state, host: .real, world: .real)
  }

  @Test(
    "two stores in one place are refused, by whatever names",
    arguments: [
      [
        "image.enabled_backends=a:file,b:file", "a.filesystem_store_datadir=/tmp/mlt-test-none/x",
        "b.filesystem_store_datadir=/tmp/./mlt-test-none//y/../x/",
      ],
      [
        "image.enabled_backends=a:s3,b:s3", "a.s3_store_host=https://s3.example.org",
        "b.s3_store_host=https://S3.example.org/", "a.s3_store_access_key=k", "a.s3_store_secret_key=s",
        "b.s3_store_access_key=other", "b.s3_store_secret_key=s",
      ],
      [
        "image.enabled_backends=a:swift,b:swift", "a.swift_store_auth_address=http://k/v3",
        "b.swift_store_auth_address=http://k/v3", "a.swift_store_user=service:one", "a.swift_store_key=k",
        "b.swift_store_user=service:two", "b.swift_store_key=k",
      ],
      [
        "image.enabled_backends=a:s3,b:file", "a.s3_store_host=https://s3.example.org", "a.s3_store_access_key=k",
        "a.s3_store_secret_key=s", "b.filesystem_store_datadir=/tmp/mlt-test-none/images/staging",
      ],
    ])
  func onePlace(sets: [String]) throws {
    let fault = #expect(throws: Fault.self) { try stores(sets) }
    #expect(fault?.message.contains("'b'") == true && fault?.message.contains("one place") == true)
  }

  @Test("links lead to one place") func links() async throws {
    let folder = "/tmp/mlt-test-\(World.real.hexID().prefix(8))"
    try await Host.real.makeDirectory(folder + "/real")
    try await Host.real.runOK("ln", ["-s", folder + "/real", folder + "/link"])
    let sets = [
      "image.enabled_backends=a:file,b:file", "a.filesystem_store_datadir=\(folder)/real/x",
      "b.filesystem_store_datadir=\(folder)/link/x",
    ]
    let fault = #expect(throws: Fault.self) { try stores(sets) }
    #expect(fault?.message.contains("one place") == true)
    try await Host.real.remove(folder)
  }

  @Test("stores apart are taken") func apart() throws {
    let all = try stores([
      "image.enabled_backends=file:file,b:file,c:s3,d:s3", "c.s3_store_host=https://s3.example.org",
      "d.s3_store_host=https://s3.example.org", "d.s3_store_bucket=other", "c.s3_store_access_key=k",
      "c.s3_store_secret_key=s", "d.s3_store_access_key=k", "d.s3_store_secret_key=s",
    ])
    #expect(all.ids == ["file", "b", "c", "d"])
  }
}
