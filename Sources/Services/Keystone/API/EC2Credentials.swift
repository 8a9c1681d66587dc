internal import API
internal import Core
internal import Crypto
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/users/{user}/credentials/OS-EC2`: access keys for the EC2 and S3 APIs, as `openstack ec2 credentials` asks for
/// them. They are ordinary credentials of the type `ec2`.
enum EC2Credentials {
  static let reading: Policy = "rule:admin_required or (role:reader and system_scope:all) or user_id:%(user_id)s"
  static let changing: Policy =
    "rule:admin_required or (role:member and user_id:%(target.credential.user_id)s)"

  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get("/users/{user}/credentials/OS-EC2", "ec2_list_credentials", list, allow: reading),
      .get("/users/{user}/credentials/OS-EC2/{access}", "ec2_get_credential", show, allow: reading),
      .post("/users/{user}/credentials/OS-EC2", "ec2_create_credential", create, allow: changing),
      .delete("/users/{user}/credentials/OS-EC2/{access}", "ec2_delete_credential", delete, allow: changing),
    ])

  private static func owner(_ call: Call<Keystone>) async throws -> String {
    let user = call.path["user"] ?? ""
    try call.enforce(["user_id": user, "target.credential.user_id": user])
    try await call.service.freshen(user: user)
    _ = try await call.service.store.read { try await $0.existingUser(user) }
    return user
  }

  private static func credential(_ call: Call<Keystone>) async throws -> Credential {
    let user = try await owner(call)
    let access = call.path["access"] ?? ""
    let id = Hash.sha256(Array(access.utf8)).hex
    guard let found = try await call.service.store.read({ try await $0.get(Credential.self, id) }), found.userID == user
    else { throw Fault.notFound("Could not find credential: \(access).") }
    return found
  }

  private static func render(_ credential: Credential, _ call: Call<Keystone>) throws -> JSON {
    guard let opened = try call.service.credentialKeys.open(credential.sealed) else {
      throw Fault.internalError("The credential \(credential.id) cannot be opened with the cloud's credential keys.")
    }
    let blob = try JSON(parsing: opened.bytes)
    let access = blob["access"]?.string ?? ""
    let link = "\(call.baseURL)/v3/users/\(credential.userID)/credentials/OS-EC2/\(access)"
    return [
      "user_id": .string(credential.userID), "tenant_id": credential.projectID.json, "access": .string(access),
      "secret": blob["secret"] ?? .null, "trust_id": blob["trust_id"] ?? .null, "links": ["self": .string(link)],
    ]
  }

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    let user = try await owner(call)
    let found = try await call.service.store.read { transaction in
      try await transaction.all(Credential.self, "WHERE user_id = \(user) AND type = \("ec2") ORDER BY id")
    }
    return listing("credentials", try found.map { try render($0, call) }, call.incoming)
  }

  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    ["credential": try render(try await credential(call), call)]
  }

  static func create(_ call: Call<Keystone>, _ body: JSON) async throws -> JSON {
    let user = try await owner(call)
    try await call.refuseRestrictedProgram()
    guard let project = body["tenant_id"]?.string else { throw Fault.badRequest("'tenant_id' is a required property") }
    let service = call.service
    // Whoever holds the key acts on the project: only where the user himself may.
    let reachable = try await service.store.read { transaction in
      _ = try await transaction.existingProject(project)
      return try await transaction.projects(ofUser: user).contains { $0.id == project }
    }
    guard reachable else {
      throw Fault.forbidden("User \(user) has no access to project \(project). Give him a role there first.")
    }
    let access = service.world.hexID()
    var object: JSONObject = ["access": .string(access), "secret": .string(service.world.hexID())]
    for (key, value) in try await call.delegation().marks.members { object.append(key, value) }
    let blob = JSON.object(object)
    var credential = Credential()
    credential.id = Hash.sha256(Array(access.utf8)).hex
    credential.userID = user
    credential.projectID = project
    credential.type = "ec2"
    credential.sealed = try service.credentialKeys.seal(blob.bytes)
    let added = credential
    try await service.change { try await $0.insert(added) }
    return ["credential": try render(added, call)]
  }

  static func delete(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let found = try await credential(call)
    try await call.service.change { transaction in
      _ = try await transaction.deleteAll(Credential.self, "WHERE id = \(found.id)")
    }
    return Nothing()
  }
}
