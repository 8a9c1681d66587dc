import CinderModel
import CinderWork
import JSON
import NovaModel
import NovaWork
import SmallCloud

/// Volumes and cards that come to a server that exists, and go from it.
enum VolumeScenarios {
  static let all: [Scenario] = [
    .of(AttachVolume.self, "to a server that runs", in: \.conductor, prepare: withVolume, begin: attach),
    .of(
      DetachVolume.self, "from a server that runs", in: \.conductor,
      prepare: { cloud in
        let cast = try await withVolume(cloud)
        try await attach(cloud, cast)
        return cast
      }, begin: detach, again: detach),
    .of(
      AttachInterface.self, "on a network", in: \.conductor, prepare: { try await $0.server() },
      begin: { cloud, cast in try await plug(cloud, cast, ["net_id": cast["network"].json]) }),
    .of(
      AttachInterface.self, "the user's port", in: \.conductor, prepare: withPort,
      begin: { cloud, cast in try await plug(cloud, cast, ["port_id": cast["port"].json]) }),
    .of(
      DetachInterface.self, "the user's port", in: \.conductor,
      prepare: { cloud in
        let cast = try await withPort(cloud)
        try await plug(cloud, cast, ["port_id": cast["port"].json])
        return cast
      },
      begin: { cloud, cast in
        try await cloud.must(
          "nova", "DELETE", "/v2.1/servers/\(cast["server"] ?? "")/os-interface/\(cast["port"] ?? "")")
      }),
  ]

  @Sendable private static func withVolume(_ cloud: SmallCloud) async throws -> Scenario.Cast {
    var cast = try await cloud.server()
    cast["volume"] = try await cloud.volume()
    return cast
  }
  @Sendable private static func withPort(_ cloud: SmallCloud) async throws -> Scenario.Cast {
    var cast = try await cloud.server()
    cast["port"] = try await cloud.port(on: cast["network"])
    return cast
  }
  @Sendable static func attach(_ cloud: SmallCloud, _ cast: Scenario.Cast) async throws {
    try await cloud.must(
      "nova", "POST", "/v2.1/servers/\(cast["server"] ?? "")/os-volume_attachments",
      ["volumeAttachment": ["volumeId": cast["volume"].json]])
  }
  @Sendable private static func detach(_ cloud: SmallCloud, _ cast: Scenario.Cast) async throws {
    try await cloud.must(
      "nova", "DELETE", "/v2.1/servers/\(cast["server"] ?? "")/os-volume_attachments/\(cast["volume"] ?? "")")
  }
  private static func plug(_ cloud: SmallCloud, _ cast: Scenario.Cast, _ what: JSON) async throws {
    try await cloud.must(
      "nova", "POST", "/v2.1/servers/\(cast["server"] ?? "")/os-interface", ["interfaceAttachment": what])
  }
}
