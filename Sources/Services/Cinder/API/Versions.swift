internal import API
internal import Core
internal import HTTP
internal import JSON

/// The documents by which clients find the API.
enum Versions {
  static let routes = Routes(
    rules: "volume:", of: Cinder.self,
    [
      .get("/", "list_versions", { call, _ in document(call, status: 300) } as Handling, allow: .open),
      .get("/v3", "get_version", { call, _ in document(call, status: 200) } as Handling, allow: .open),
    ])
  private typealias Handling = @Sendable (Call<Cinder>, Nothing) async throws -> Response

  private static func document(_ call: Call<Cinder>, status: Int) -> Response {
    let version: JSON = [
      "id": "v3.0", "status": "CURRENT", "version": .string("\(cinderMicroversions.maximum)"),
      "min_version": .string("\(cinderMicroversions.minimum)"), "updated": "2023-08-31T00:00:00Z",
      "links": [
        ["rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/"],
        ["rel": "self", "href": .string(call.baseURL + "/v3/")],
      ],
      "media-types": [["base": "application/json", "type": "application/vnd.openstack.volume+json;version=3"]],
    ]
    let body: JSON = ["versions": [version]]
    return body.response(to: call.incoming, status: status)
  }
}
