internal import API
internal import Core
internal import Crypto
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/credentials`: secrets that users keep with the cloud, sealed while they lie in the store.
enum Credentials {
  static let reading: Policy =
    "rule:admin_required or (role:reader and system_scope:all) or user_id:%(target.credential.user_id)s"
  static let changing: Policy = "rule:admin_required or user_id:%(target.credential.user_id)s"

  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get("/credentials", "list_credentials", list, allow: reading),
      .get("/credentials/{id}", "get_credential", show, allow: reading),
      .post("/credentials", "create_credential", create, allow: changing),
      .patch("/credentials/{id}", "update_credential", update, allow: changing),
      .delete("/credentials/{id}", "delete_credential", delete, allow: changing),
    ])

  /// Administrators see everyone's, everyone else their own.
  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    var conditions = call.filters(["type": "type", "user_id": "user_id"])
    if !call.permits(["target.credential.user_id": "\u{0}"]) {
      conditions.append("user_id = \(call.incoming.caller.userID)")
    }
    let page: Many<Credential> = try await call.page(conditions, by: "id")
    let items = try page.records.map { try show($0, call) }
    return listing("credentials", items, next: page.next, call.incoming)
  }

  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    ["credential": try show(try await credential(call), call)]
  }

  private static func credential(_ call: Call<Keystone>) async throws -> Credential {
    let id = call.id
    guard let found = try await call.service.store.read({ try await $0.get(Credential.self, id) }) else {
      try call.enforce(["target.credential.user_id": call.incoming.caller.userID])
      throw Fault.notFound("Could not find credential: \(id).")
    }
    try call.enforce(["target.credential.user_id": found.userID])
    return found
  }

  /// The credential with its secret opened.
  private static func show(_ credential: Credential, _ call: Call<Keystone>) throws -> JSON {
    guard let opened = try call.service.credentialKeys.open(credential.sealed) else {
      throw Fault.internalError(
        "The credential \(credential.id) cannot be opened with the cloud's credential keys. Ask the administrator to "
          + "restore them.")
    }
    guard
      case .object(var object) = Credential.render(
        credential, as: Credential.view, at: "credentials", for: call.incoming)
    else { return .null }
    object["blob"] = .string(String(decoding: opened.bytes, as: UTF8.self))
    return .object(object)
  }

  struct Body: OpenDraft {
    var blob: JSON?
    var type: String?
    var userID: String?
    var projectID: Given<String?> = .absent
    var extra = JSONObject()
    static let shape = Shape<Body>(
      "credential", unknown: .ignored,
      [
        .key("blob", \.blob), .key("type", \.type, .text(1...255)), .key("user_id", \.userID),
        .key("project_id", \.projectID),
      ])

    /// The secret as text; clients may send EC2 keys as an object.
    var secret: String? { blob.map { $0.string ?? $0.text } }
  }

  static func create(_ call: Call<Keystone>, _ body: Body) async throws -> JSON {
    guard var secret = body.secret, let type = body.type else {
      throw Fault.badRequest(
        "Invalid input for field/attribute credential. '\(body.type == nil ? "type" : "blob")' is a required property")
    }
    try await call.refuseRestrictedProgram()
    let service = call.service
    var credential = Credential()
    credential.userID = body.userID ?? call.incoming.caller.userID
    try call.enforce(["target.credential.user_id": credential.userID])
    credential.projectID = body.projectID.value ?? nil
    credential.type = type
    credential.extra = body.extra
    credential.id = service.world.hexID()
    if type == "ec2" {
      guard case .object(var blob)? = try? JSON(parsing: secret), let access = blob["access"]?.string else {
        throw Fault.badRequest("Invalid blob in credential: an EC2 credential is an object with access and secret.")
      }
      // Through what it was made bounds what it can do; nobody says so himself.
      for key in ["trust_id", "app_cred_id", "access_token_id"] { blob[key] = nil }
      for (key, value) in try await call.delegation().marks.members where !value.isNull { blob.append(key, value) }
      secret = JSON.object(blob).text
      guard credential.projectID != nil else { throw missing("project_id", "credential") }
      credential.id = Hash.sha256(Array(access.utf8)).hex
    }
    credential.sealed = try service.credentialKeys.seal(Array(secret.utf8))
    let added = credential
    try await service.freshen(user: added.userID)
    try await service.store("credential", added.id) { transaction in
      _ = try await transaction.existingUser(added.userID)
      try await transaction.insert(added)
    }
    return ["credential": try show(added, call)]
  }

  static func update(_ call: Call<Keystone>, _ body: Body) async throws -> JSON {
    let before = try await credential(call)
    try await call.refuseRestrictedProgram()
    if let user = body.userID { try call.enforce(["target.credential.user_id": user]) }
    let sealed = try body.secret.map { try call.service.credentialKeys.seal(Array($0.utf8)) }
    let after = try await call.service.change { transaction in
      guard var credential = try await transaction.get(Credential.self, before.id) else {
        throw Fault.notFound("Could not find credential: \(before.id).")
      }
      if let sealed { credential.sealed = sealed }
      if let type = body.type { credential.type = type }
      if let user = body.userID { credential.userID = user }
      body.projectID.apply(to: &credential.projectID)
      credential.extra = credential.extra.merging(body.extra)
      return try await transaction.update(credential)
    }
    return ["credential": try show(after, call)]
  }

  static func delete(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let found = try await credential(call)
    try await call.service.change { transaction in
      _ = try await transaction.deleteAll(Credential.self, "WHERE id = \(found.id)")
    }
    return Nothing()
  }
}

extension Credential: Resource {
  static let collection = "credentials"
  static let view = View<Credential>(
    "credential",
    [
      .field("id", \.id), .field("type", \.type), .field("user_id", \.userID), .field("project_id", \.projectID),
    ])
}
