internal import API
internal import Core
internal import Crypto
internal import JSON
internal import NovaModel
internal import Store

/// Users' public keys (API reference: "Keypairs").
enum KeyPairs {
  static let own: Policy = "rule:admin_required or user_id:%(user_id)s"

  static let routes = Routes(
    rules: "os_compute_api:os-keypairs:", of: Nova.self, shows: brief,
    [
      .get("/os-keypairs", "index", index, allow: own),
      .get("/os-keypairs/{id}", "show", show, allow: own, shows: view.one),
      .post("/os-keypairs", "create", create, allow: own, until: "2.1", status: 200),
      .post("/os-keypairs", "create", create, allow: own, since: "2.2"),
      .delete("/os-keypairs/{id}", "delete", delete, allow: own, until: "2.1", status: 202),
      .delete("/os-keypairs/{id}", "delete", delete, allow: own, since: "2.2"),
    ])

  static let brief = View<KeyPair>("keypair", briefFields)
  private static let briefFields: [Field<KeyPair>] = [
    .field("name", \.name), .field("public_key", \.publicKey), .field("fingerprint", \.fingerprint),
    .field("type", \.type, since: "2.2"),
  ]
  static let view = View<KeyPair>(
    "keypair",
    briefFields + [
      .field("user_id", \.userID), .computed("id") { key, _ in .int(Int(key.createdAt.seconds)) },
      .computed("created_at") { key, _ in .string(key.createdAt.isoMicroseconds) },
      .computed("updated_at") { _, _ in .null }, .computed("deleted_at") { _, _ in .null },
      .computed("deleted") { _, _ in false },
    ])

  /// Whose key pairs: the caller's own, unless an administrator names a user.
  private static func user(_ call: Call<Nova>, _ named: String?) throws -> String {
    guard let named, named != call.caller.userID, call.version >= "2.10" else { return call.caller.userID }
    guard call.permits(["user_id": named]) else {
      throw Fault.forbidden("Policy doesn't allow \(call.rule) to be performed.")
    }
    return named
  }

  private static func index(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    let user = try user(call, call.query("user_id"))
    let limit = try limit(call)
    let marker = call.version >= "2.35" ? call.query("marker") : nil
    let rows = try await call.nova.store.read { tx in
      var condition: SQL = "user_id = \(user)"
      if let marker {
        guard try await tx.one(KeyPair.self, "WHERE user_id = \(user) AND name = \(marker)") != nil else {
          throw Fault.badRequest("Marker \(marker) could not be found.")
        }
        condition += " AND name > \(marker)"
      }
      return try await tx.all(KeyPair.self, "WHERE \(condition) ORDER BY name LIMIT \(limit + 1)")
    }
    var answer: JSONObject = [
      "keypairs": .array(rows.prefix(limit).map { ["keypair": brief.render($0, for: call.incoming)] })
    ]
    if call.version >= "2.35", rows.count > limit, limit > 0, let last = rows.prefix(limit).last {
      let link = "\(call.baseURL)\(call.mount)/os-keypairs?limit=\(limit)&marker=\(last.name)"
      answer.append("keypairs_links", [["rel": "next", "href": .string(link)]])
    }
    return .object(answer)
  }

  private static func limit(_ call: Call<Nova>) throws -> Int {
    guard call.version >= "2.35", let text = call.query("limit") else { return 1000 }
    guard let limit = Int(text), limit >= 0 else {
      throw Fault.badRequest("Invalid input for query parameters limit. Value: \(text).")
    }
    return min(limit, 1000)
  }

  private static func find(_ call: Call<Nova>, in tx: some ReadTransaction) async throws -> KeyPair {
    let (user, name) = (try user(call, call.query("user_id")), call.id)
    guard let key = try await tx.one(KeyPair.self, "WHERE user_id = \(user) AND name = \(name)") else {
      throw Fault.notFound("Keypair \(name) not found for user \(user)")
    }
    return key
  }

  private static func show(_ call: Call<Nova>, _: Nothing) async throws -> Shown<KeyPair> {
    Shown(try await call.nova.store.read { try await find(call, in: $0) }, as: view)
  }

  private static func delete(_ call: Call<Nova>, _: Nothing) async throws -> Nothing {
    try await call.nova.store.write { try await $0.delete(try await find(call, in: $0)) }
    return Nothing()
  }

  struct New: Draft {
    var name = ""
    var publicKey: String?
    var type = "ssh"
    var user: String?
    static let shape = Shape<New>(
      "keypair",
      [
        .key("name", \.name, .name(limit: 255), required: true), .key("public_key", \.publicKey, .text(1...65535)),
        .key("type", \.type, .oneOf(["ssh", "x509"]), since: "2.2"), .key("user_id", \.user, since: "2.10"),
      ])
  }

  private static func create(_ call: Call<Nova>, _ draft: New) async throws -> JSON {
    var key = KeyPair()
    key.id = call.nova.world.uuid()
    key.userID = try user(call, draft.user)
    key.name = draft.name.trimmed
    key.type = draft.type
    key.createdAt = call.nova.world.now()
    guard isFit(key.name, since292: call.version >= "2.92") else {
      throw Fault.badRequest("Keypair data is invalid: Keypair name contains unsafe characters")
    }
    var privateKey: String?
    if let text = draft.publicKey {
      guard draft.type == "ssh" else { throw Refusals.notServed("key pairs of the type x509") }
      guard let parsed = SSHPublicKey(text.trimmed) else {
        throw Fault.badRequest("Keypair data is invalid: failed to generate fingerprint")
      }
      key.publicKey = text
      key.fingerprint = parsed.fingerprint
    } else {
      guard call.version < "2.92" else {
        throw Fault.badRequest("Invalid input for field/attribute keypair. 'public_key' is a required property")
      }
      guard draft.type == "ssh" else { throw Refusals.notServed("key pairs of the type x509") }
      let pair = try await SSHKeyPair.rsa(comment: "Generated-by-Nova")
      key.publicKey = pair.publicKey.line
      key.fingerprint = pair.publicKey.fingerprint
      privateKey = pair.privateKey
    }
    try await save(key, call)
    var fields = brief.render(key, for: call.incoming).object ?? [:]
    fields.append("user_id", .string(key.userID))
    if let privateKey { fields.append("private_key", .string(privateKey)) }
    return ["keypair": .object(fields)]
  }

  private static func save(_ key: KeyPair, _ call: Call<Nova>) async throws {
    let options = call.nova.options
    try await call.nova.store.write { tx in
      guard try await tx.one(KeyPair.self, "WHERE user_id = \(key.userID) AND name = \(key.name)") == nil else {
        throw Fault.conflict("Key pair '\(key.name)' already exists.")
      }
      let count = try await tx.count(KeyPair.self, "WHERE user_id = \(key.userID)")
      guard options.quotaKeyPairs < 0 || count < options.quotaKeyPairs else {
        throw Fault.overQuota("Quota exceeded, too many key pairs.")
      }
      try await tx.insert(key)
    }
  }

  private static func isFit(_ name: String, since292: Bool) -> Bool {
    let marks = since292 ? " ._-@" : " _-"
    return !name.isEmpty
      && name.utf8.allSatisfy {
        ($0 >= 48 && $0 <= 57) || ($0 | 32 >= 97 && $0 | 32 <= 122) || marks.utf8.contains($0)
      }
  }
}
