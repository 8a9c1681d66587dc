import Core
import Crypto
import GlanceModel
import GlanceWork
import JSON
import SmallCloud

/// Images that come by import, or into further stores.
enum ImageScenarios {
  static let all: [Scenario] = [
    .of(
      ImportImage.self, "staged bytes, into both stores", in: \.imageWork, prepare: staged,
      begin: { cloud, cast in
        try await take(cloud, cast, ["method": ["name": "glance-direct"], "all_stores": true])
      }, isAllowed: isEmpty),
    .of(
      ImportImage.self, "from the web", in: \.imageWork, prepare: { try await image($0) },
      begin: { cloud, cast in
        try await take(
          cloud, cast,
          ["method": ["name": "web-download", "uri": "http://images.example.org/one"], "stores": ["second"]])
      }, isAllowed: isEmpty),
    .of(
      ImportImage.self, "from the web, into both stores", in: \.imageWork, prepare: { try await image($0) },
      begin: { cloud, cast in
        try await take(
          cloud, cast,
          ["method": ["name": "web-download", "uri": "http://images.example.org/one"], "all_stores": true])
      }, isAllowed: isEmpty),
    .of(
      ImportImage.self, "from another region", in: \.imageWork, prepare: { try await image($0) },
      begin: { cloud, cast in
        try await take(
          cloud, cast,
          [
            "method": [
              "name": "glance-download", "glance_image_id": "5ea2c4f1-3a1c-4c80-8a39-3f5d5b6ac001",
              "glance_region": "RegionTwo",
            ]
          ])
      }, isAllowed: isEmpty),
    .of(
      TakeLocation.self, "with a hash to compare with", in: \.imageWork, prepare: { try await image($0) },
      begin: { cloud, cast in
        let hash = Hash.sha256(Array("a small image".utf8)).hex
        try await locate(cloud, cast, ["os_hash_algo": "sha256", "os_hash_value": .string(hash)])
      }, isAllowed: { isEmpty($0) || isNamed($0) }),
    .of(
      TakeLocation.self, "used before it is read", in: \.imageWork, prepare: { try await image($0) },
      begin: { try await locate($0, $1, [:]) }, isAllowed: { isEmpty($0) || isNamed($0) }),
    .of(
      CopyImage.self, "into the second store", in: \.imageWork,
      prepare: full,
      begin: { cloud, cast in
        try await take(cloud, cast, ["method": ["name": "copy-image"], "stores": ["second"]], as: "admin")
      }),
    .of(
      CacheImage.self, "into the cache of this host", in: \.imageWork, prepare: full,
      begin: { cloud, cast in
        try await cloud.must("glance", "PUT", "/v2/cache/\(cast["image"] ?? "")", as: "admin")
      }),
  ]

  /// The image waits for data again, nothing holds it, and no byte is anywhere.
  @Sendable private static func isEmpty(_ end: End) -> Bool {
    end.things.allSatisfy { !$0.hasPrefix("bytes") }
      && end.things.contains("image new queued, of null, in '', held false")
  }

  /// The place of what failed stays named.
  @Sendable private static func isNamed(_ end: End) -> Bool {
    end.things.contains("image new queued, of null, in 'web', held false")
  }

  private static func locate(_ cloud: SmallCloud, _ cast: Scenario.Cast, _ facts: JSON) async throws {
    try await cloud.must(
      "glance", "POST", "/v2/images/\(cast["image"] ?? "")/locations",
      ["url": .string(SmallCloud.page), "validation_data": facts])
  }

  @Sendable private static func image(_ cloud: SmallCloud) async throws -> Scenario.Cast {
    let made = try await cloud.must(
      "glance", "POST", "/v2/images", ["name": "new", "disk_format": "raw", "container_format": "bare"])
    return ["image": made["id"]?.string ?? ""]
  }
  @Sendable private static func full(_ cloud: SmallCloud) async throws -> Scenario.Cast {
    let cast = try await image(cloud)
    try await cloud.must(
      "glance", "PUT", "/v2/images/\(cast["image"] ?? "")/file", bytes: [UInt8](repeating: 5, count: 1024))
    return cast
  }
  @Sendable private static func staged(_ cloud: SmallCloud) async throws -> Scenario.Cast {
    let cast = try await image(cloud)
    try await cloud.must(
      "glance", "PUT", "/v2/images/\(cast["image"] ?? "")/stage", bytes: [UInt8](repeating: 3, count: 4096))
    return cast
  }
  private static func take(
    _ cloud: SmallCloud, _ cast: Scenario.Cast, _ body: JSON, as token: String = "demo"
  ) async throws {
    try await cloud.must("glance", "POST", "/v2/images/\(cast["image"] ?? "")/import", body, as: token)
  }
}
