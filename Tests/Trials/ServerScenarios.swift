import JSON
import NovaModel
import NovaWork
import SmallCloud

/// Making, removing and remaking servers.
enum ServerScenarios {
  static let all: [Scenario] = [
    .of(
      CreateServer.self, "image, own port, config drive, new volume", in: \.conductor,
      prepare: { cloud in
        var cast = try await cloud.scene()
        cast["port"] = try await cloud.port(on: cast["network"])
        return cast
      },
      begin: { cloud, cast in
        try await create(
          cloud,
          [
            "imageRef": cast["image"].json, "config_drive": true,
            "networks": [["uuid": cast["network"].json], ["port": cast["port"].json]],
            "block_device_mapping_v2": [
              [
                "source_type": "image", "uuid": cast["image"].json, "destination_type": "local", "boot_index": 0,
                "delete_on_termination": true,
              ],
              ["source_type": "blank", "destination_type": "volume", "volume_size": 1, "delete_on_termination": true],
            ],
          ])
      }),
    .of(
      CreateServer.self, "from a volume that is made of an image", in: \.conductor, prepare: { try await $0.scene() },
      begin: { cloud, cast in
        try await create(
          cloud,
          [
            "networks": [["uuid": cast["network"].json]],
            "block_device_mapping_v2": [
              [
                "source_type": "image", "uuid": cast["image"].json, "destination_type": "volume", "volume_size": 1,
                "boot_index": 0, "delete_on_termination": false,
              ]
            ],
          ])
      }),
    .of(
      DeleteServer.self, "with its own port and volume", in: \.conductor,
      prepare: { cloud in
        var cast = try await cloud.server()
        let port = try await cloud.port(on: cast["network"])
        try await cloud.must(
          "nova", "POST", "/v2.1/servers/\(cast["server"] ?? "")/os-interface",
          ["interfaceAttachment": ["port_id": .string(port)]])
        try await cloud.settle()
        cast["volume"] = try await cloud.volume()
        try await VolumeScenarios.attach(cloud, cast)
        return cast
      }, begin: delete, again: delete, isAllowed: { _ in false }),
    .of(
      RebuildServer.self, "on another image", in: \.conductor, prepare: { try await $0.server() }, begin: rebuild,
      again: rebuild, isAllowed: { _ in false }),
    .of(
      SnapshotServer.self, "of a server that runs", in: \.conductor, prepare: { try await $0.server() },
      begin: { cloud, cast in try await cloud.act(cast, ["createImage": ["name": "copy"]]) }),
    .of(
      SnapshotServer.self, "of a server that boots from a volume", in: \.conductor, prepare: onVolume,
      begin: { cloud, cast in try await cloud.act(cast, ["createImage": ["name": "copy"]]) }),
  ]

  @Sendable private static func onVolume(_ cloud: SmallCloud) async throws -> Scenario.Cast {
    var cast = try await cloud.scene()
    cast["server"] = try await cloud.made(
      "nova", "/v2.1/servers", "server",
      [
        "name": "web", "flavorRef": "1", "networks": [["uuid": cast["network"].json]],
        "block_device_mapping_v2": [
          [
            "source_type": "image", "uuid": cast["image"].json, "destination_type": "volume", "volume_size": 1,
            "boot_index": 0, "delete_on_termination": true,
          ]
        ],
      ])
    try await cloud.settle()
    return cast
  }

  private static func create(_ cloud: SmallCloud, _ more: JSONObject) async throws {
    var server: JSONObject = ["name": "web", "flavorRef": "1"]
    for member in more.members { server[member.key] = member.value }
    try await cloud.must("nova", "POST", "/v2.1/servers", ["server": .object(server)])
  }

  @Sendable private static func delete(_ cloud: SmallCloud, _ cast: Scenario.Cast) async throws {
    try await cloud.must("nova", "DELETE", "/v2.1/servers/\(cast["server"] ?? "")")
  }

  @Sendable private static func rebuild(_ cloud: SmallCloud, _ cast: Scenario.Cast) async throws {
    try await cloud.act(cast, ["rebuild": ["imageRef": cast["image"].json]])
  }
}
