internal import API
internal import Clients
internal import Core
internal import HTTP
internal import JSON
internal import NovaModel
internal import Store
internal import Work

/// Actions that make an image of a server, or a server anew from an image.
enum ServerImages {
  private static let path = "/servers/{id}/action"

  static let routes = Routes(
    rules: "os_compute_api:servers:", of: Nova.self,
    [
      .action(path, "createImage", "create_image", createImage, allow: .member),
      .action(path, "rebuild", "rebuild", rebuild, allow: .member),
    ])

  // MARK: createImage

  private static func createImage(_ call: Call<Nova>, _: JSON) async throws -> Response {
    let asked = try call.member("createImage")
    guard let name = asked["name"]?.string, (1...255).contains(name.trimmed.count) else {
      throw Fault.badRequest("Invalid input for field/attribute name. A name has from 1 to 255 characters.")
    }
    var metadata: [String: String] = [:]
    if let given = asked["metadata"], !given.isNull {
      try ServerChecks.metadata(given)
      metadata = try [String: String](json: given)
    }
    let server = try await call.server()
    try ServerMoves.unlocked(server, call)
    // The state is looked at twice: here, so that a refusal leaves no image behind, and again where the saga begins.
    let allowed = Server.lifecycle[.snapshot].from
    guard allowed.contains(server.state), server.doing == nil else {
      throw Refusals.state(server, "createImage", allowed: allowed)
    }
    let image = try await record(of: server, name: name.trimmed, metadata, call)
    do {
      try await ServerMoves.begin(.snapshot, "createImage", call) { SnapshotServer(server: $0.id, image: image) }
    } catch {
      try? await call.nova.image.delete(image)
      throw error
    }
    var response =
      call.version >= "2.45"
      ? JSON.object(["image_id": .string(image)]).response(to: call.incoming, status: 202) : Response(status: 202)
    response.headers["Location"] = "\(call.baseURL)/images/\(image)"
    return response
  }

  /// Makes the image's record, in nova's name but as the project's own; its bytes follow.
  private static func record(
    of server: Server, name: String, _ metadata: [String: String], _ call: Call<Nova>
  ) async throws -> String {
    // A server that boots from a volume has an image without bytes, which names snapshots of its volumes.
    let source = server.imageID
    let origin = if let source { try await call.nova.image.show(source) } else { JSON?.none }
    var fields: JSONObject = [
      "name": .string(name), "owner": .string(server.projectID), "visibility": "private",
      // Whatever the server was made from: the copy of a disk is always qcow2.
      "disk_format": source == nil ? "raw" : "qcow2", "container_format": "bare",
      "min_disk": .int(source == nil ? 0 : max(server.flavor.diskGiB, origin?["min_disk"]?.int ?? 0)),
      "min_ram": .int(origin?["min_ram"]?.int ?? 0),
    ]
    // What describes the guest's system holds for the copy too.
    for key in ["os_distro", "os_version", "os_type", "os_admin_user", "architecture"] {
      if let value = origin?[key]?.string { fields[key] = .string(value) }
    }
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) where !fields.keys.contains(key) {
      fields[key] = .string(value)
    }
    fields["image_type"] = "snapshot"
    fields["base_image_ref"] = .string(source ?? "")
    fields["instance_uuid"] = .string(server.id)
    fields["user_id"] = .string(call.caller.userID)
    fields["owner_project_name"] = call.caller.projectName.map { .string($0) }
    guard let id = try await call.nova.image.create(.object(fields))["id"]?.string else {
      throw Fault.internalError("The image service made an image without an id.")
    }
    return id
  }

  // MARK: rebuild

  struct Rebuild: Draft {
    var imageRef = ""
    var name: String?
    var adminPass: String?
    var metadata: [String: String]?
    var preserve: JSON?
    var diskConfig: String?
    var accessIPv4: String?
    var accessIPv6: String?
    var personality: JSON?
    var description: Given<String?> = .absent
    var keyName: Given<String?> = .absent
    var userData: Given<String?> = .absent
    var certificates: JSON?
    var hostname: String?
    static let shape = Shape<Rebuild>(
      "rebuild",
      [
        .key("imageRef", \.imageRef, .uuid, required: true), .key("name", \.name, .name(limit: 255)),
        .key("adminPass", \.adminPass, .text(0...255)), .key("metadata", \.metadata, .custom(ServerChecks.metadata)),
        .key("preserve_ephemeral", \.preserve), .key("OS-DCF:diskConfig", \.diskConfig, .oneOf(["AUTO", "MANUAL"])),
        .key("accessIPv4", \.accessIPv4, .custom(ServerChecks.address4)),
        .key("accessIPv6", \.accessIPv6, .custom(ServerChecks.address6)),
        .key("personality", \.personality, until: "2.56"),
        .key("description", \.description, .text(0...255), since: "2.19"),
        .key("key_name", \.keyName, .name(limit: 255), since: "2.54"),
        .key("user_data", \.userData, .text(0...65535), since: "2.57"),
        .key("trusted_image_certificates", \.certificates, since: "2.63"),
        .key("hostname", \.hostname, .custom(ServerChecks.hostname), since: "2.90"),
      ])

    func apply(to server: inout Server, _ key: KeyPair?) {
      if let name { server.name = name.trimmed }
      if let metadata { server.metadata = metadata }
      if let accessIPv4 { server.accessIPv4 = accessIPv4 }
      if let accessIPv6 { server.accessIPv6 = accessIPv6 }
      if let hostname { server.hostname = hostname }
      description.apply(to: &server.description)
      userData.apply(to: &server.userData)
      if case .given = keyName {
        server.keyName = key?.name
        server.keyPublic = key?.publicKey
      }
    }
  }

  private static func rebuild(_ call: Call<Nova>, _ draft: Rebuild) async throws -> Response {
    if case .given(let text?) = draft.userData, Base64.decode(text, ignoringSpace: true) == nil {
      throw Fault.badRequest("Invalid input for field/attribute user_data. It is not a 'base64'")
    }
    let server = try await call.server()
    var key: KeyPair?
    if case .given(let name?) = draft.keyName {
      let user = server.userID
      key = try await call.nova.store.read {
        try await $0.one(KeyPair.self, "WHERE user_id = \(user) AND name = \(name)")
      }
      if key == nil { throw Fault.badRequest("Invalid key_name provided.") }
    }
    guard server.imageID != nil else { throw Refusals.notServed("rebuilding servers that boot from a volume") }
    let checks = DiskChecks(call: call)
    var flavor = Flavor()
    flavor.memoryMiB = server.flavor.memoryMiB
    flavor.diskGiB = server.flavor.diskGiB
    try checks.fits(try await checks.image(draft.imageRef), draft.imageRef, flavor)
    let chosen = key
    let begun = try await ServerMoves.begin(.rebuild, "rebuild", call) {
      RebuildServer(server: $0.id, image: draft.imageRef)
    } change: {
      draft.apply(to: &$0, chosen)
    }
    let password = draft.adminPass ?? Passwords.make(call.nova.world)
    return try await answer(begun, image: draft.imageRef, password, call)
  }

  private static func answer(
    _ server: Server, image: String, _ password: String, _ call: Call<Nova>
  ) async throws -> Response {
    var shown = try await ServerFacts(nova: call.nova).show([server]).first ?? ShownServer(server: server)
    shown.server.imageID = image
    var object = ServerViews.full.render(shown, for: call.incoming).object ?? [:]
    object["adminPass"] = .string(password)
    if call.version >= "2.57" { object["user_data"] = server.userData.json }
    var response = JSON.object(["server": .object(object)]).response(to: call.incoming, status: 202)
    response.headers["Location"] = "\(call.baseURL)\(call.mount)/servers/\(server.id)"
    return response
  }
}
