internal import API
internal import Clients
internal import Core
internal import JSON

/// `PATCH /v2.0/OS-KSCRUD/users/{id}`: who knows his password sets another. The answer is a new token, since the change
/// voids the one that asked.
enum OwnPassword {
  static let routes = Routes(
    rules: "identity_v2:", of: KeystoneV2.self,
    [.patch("/OS-KSCRUD/users/{id}", "change_own_password", change, allow: .anyone)])

  static func change(_ call: Call<KeystoneV2>, _ body: JSON) async throws -> JSON {
    let given = try body.named("user")
    let caller = call.incoming.caller
    guard caller.userID == call.id else { throw Fault.forbidden("Token belongs to another user") }
    guard let original = given["original_password"], !original.isNull else {
      throw missing("original password", "user")
    }
    guard let password = given["password"], !password.isNull else { throw missing("password", "user") }
    _ = try await call.v3.call(
      "POST", path("users", call.id, "password"), ["user": ["password": password, "original_password": original]])
    let scope: JSON = caller.projectID.map { ["project": ["id": .string($0)]] } ?? ["unscoped": [:]]
    let user: JSON = ["id": .string(call.id), "password": password]
    return try await Tokens.issue(
      ["auth": ["identity": ["methods": ["password"], "password": ["user": user]], "scope": scope]], call)
  }
}
