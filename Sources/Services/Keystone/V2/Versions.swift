internal import API
internal import HTTP
internal import Clients
internal import JSON

/// The documents by which clients find the APIs: both in one list at `/`, and v2.0's own.
enum Versions {
  static let routes = Routes(
    rules: "identity_v2:", of: KeystoneV2.self,
    [
      .get("/", "list_versions", list, allow: .open, status: 300),
      .get("/v2.0", "get_version", show, allow: .open),
    ])

  /// v3 describes itself, so that no two places say which minor version it has.
  static func list(_ call: Call<KeystoneV2>, _: Nothing) async throws -> Response {
    let third = try await call.v3.call("GET", "")["version"] ?? .null
    let body: JSON = ["versions": ["values": .array([third, second(call)].filter { !$0.isNull })]]
    var response = body.response(to: call.incoming, status: 300)
    response.headers["Location"] = call.baseURL + "/v3/"
    return response
  }

  static func show(_ call: Call<KeystoneV2>, _: Nothing) async throws -> JSON { ["version": second(call)] }

  private static func second(_ call: Call<KeystoneV2>) -> JSON {
    [
      "id": "v2.0", "status": "stable", "updated": "2014-04-17T00:00:00Z",
      "links": [
        ["rel": "self", "href": .string(call.baseURL + "/v2.0/")],
        ["rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"],
      ],
      "media-types": [["base": "application/json", "type": "application/vnd.openstack.identity-v2.0+json"]],
    ]
  }
}
