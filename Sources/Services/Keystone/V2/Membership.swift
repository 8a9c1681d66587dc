internal import API
internal import Clients
internal import Core
internal import JSON

/// The role by which v2.0 says that a tenant is a user's own: `_member_`.
///
/// It is made when it is first needed, and implies `member`, without which today's policies would let such a user see
/// his tenant and do nothing in it.
enum Membership {
  static let name = "_member_"

  static func add(_ user: String, to tenant: String, _ call: Call<KeystoneV2>) async throws {
    let role = try await ensureRole(call)
    _ = try await call.v3.call("PUT", path("projects", tenant, "users", user, "roles", role))
  }

  /// That he was none is fine.
  static func remove(_ user: String, from tenant: String, _ call: Call<KeystoneV2>) async throws {
    guard let role = try await find(name, call) else { return }
    try await call.v3.remove(path("projects", tenant, "users", user, "roles", role))
  }

  private static func find(_ name: String, _ call: Call<KeystoneV2>) async throws -> String? {
    try await call.list("/roles", "roles", query: [(name: "name", value: name)]).first?.string("id")
  }

  private static func ensureRole(_ call: Call<KeystoneV2>) async throws -> String {
    if let known = try await find(name, call) { return known }
    do {
      let id = try await call.ask("POST", "/roles", "role", ["name": .string(name)]).string("id") ?? ""
      if let member = try await find("member", call) {
        _ = try await call.v3.call("PUT", path("roles", id, "implies", member))
      }
      return id
    } catch let fault as Fault where fault.kind == .conflict {
      // Somebody else has just made it.
      guard let known = try await find(name, call) else { throw fault }
      return known
    }
  }
}
