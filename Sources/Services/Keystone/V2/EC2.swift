internal import API
internal import Clients
internal import Core
internal import HTTP
internal import JSON

/// Access keys of the EC2 and S3 APIs, and the tokens that a signature made with one is worth.
enum EC2 {
  private static let keys = "/users/{user}/credentials/OS-EC2"

  static let routes = Routes(
    rules: "identity_v2:", of: KeystoneV2.self,
    [
      .get(keys, "ec2_list_credentials", list, allow: .anyone),
      .post(keys, "ec2_create_credential", create, allow: .anyone, status: 200),
      .get(keys + "/{access}", "ec2_get_credential", show, allow: .anyone),
      .delete(keys + "/{access}", "ec2_delete_credential", delete, allow: .anyone),
      .post("/ec2tokens", "ec2_authenticate", ec2Token, allow: .open, status: 200),
    ])

  /// On the admin port alone.
  static let s3Routes = Routes(
    rules: "identity_v2:", of: KeystoneV2.self,
    [.post("/s3tokens", "s3_authenticate", s3Token, allow: .open, status: 200)])

  private static func place(_ call: Call<KeystoneV2>) -> String {
    path("users", call.path["user"] ?? "", "credentials", "OS-EC2")
  }
  private static func key(_ credential: JSONObject) -> JSON { .object(credential.without(["links"])) }

  static func list(_ call: Call<KeystoneV2>, _: Nothing) async throws -> JSON {
    ["credentials": .array(try await call.list(place(call), "credentials").map { key($0) })]
  }
  static func create(_ call: Call<KeystoneV2>, _ body: JSON) async throws -> JSON {
    guard let tenant = body["tenant_id"] else { throw missing("tenant_id", "request body") }
    let answer = try await call.v3.call("POST", place(call), ["tenant_id": tenant])
    return ["credential": key(answer["credential"]?.object ?? [:])]
  }
  static func show(_ call: Call<KeystoneV2>, _: Nothing) async throws -> JSON {
    ["credential": key(try await call.ask("GET", place(call) + path(call.path["access"] ?? ""), "credential"))]
  }
  static func delete(_ call: Call<KeystoneV2>, _: Nothing) async throws -> Nothing {
    _ = try await call.v3.call("DELETE", place(call) + path(call.path["access"] ?? ""))
    return Nothing()
  }

  static func ec2Token(_ call: Call<KeystoneV2>, _ body: JSON) async throws -> JSON {
    try await exchange("/ec2tokens", body, call)
  }
  static func s3Token(_ call: Call<KeystoneV2>, _ body: JSON) async throws -> JSON {
    try await exchange("/s3tokens", body, call)
  }

  /// `ec2Credentials` is what the oldest clients called it. Whose token a signing service sends is for v3 to judge.
  private static func exchange(_ path: String, _ body: JSON, _ call: Call<KeystoneV2>) async throws -> JSON {
    guard let credentials = body["credentials"] ?? body["ec2Credentials"], credentials["access"] != nil else {
      throw Fault.unauthorized("EC2 signature not supplied.")
    }
    let v3 = call.v3(as: call.request.headers["X-Auth-Token"])
    return try await Tokens.access(
      of: try await Tokens.asking(v3, "POST", path, ["credentials": credentials]), call)
  }
}
