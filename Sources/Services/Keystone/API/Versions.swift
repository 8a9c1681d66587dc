internal import API
internal import HTTP
internal import JSON

/// The documents by which clients find the API.
enum Versions {
  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [.get("/", "list_versions", list, allow: .open, status: 300), .get("/v3", "get_version", show, allow: .open)])

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> Response {
    let body: JSON = ["versions": ["values": [version(call)]]]
    var response = body.response(to: call.incoming, status: 300)
    response.headers["Location"] = call.baseURL + "/v3/"
    return response
  }

  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> JSON { ["version": version(call)] }

  private static func version(_ call: Call<Keystone>) -> JSON {
    [
      "id": "v3.14", "status": "stable", "updated": "2020-04-07T00:00:00Z",
      "links": [["rel": "self", "href": .string(call.baseURL + "/v3/")]],
      "media-types": [["base": "application/json", "type": "application/vnd.openstack.identity-v3+json"]],
    ]
  }
}
