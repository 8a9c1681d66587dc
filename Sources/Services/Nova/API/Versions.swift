internal import API
internal import JSON

/// The documents by which clients find the API and its microversions; nobody needs a token for them.
enum Versions {
  static let routes = Routes(
    rules: "os_compute_api:versions:", of: Nova.self,
    [
      .get("/", "index", list, allow: .open),
      .get("/v2.1", "show", { (call, _: Nothing) in showing("v2.1", call) }, allow: .open),
      .get("/v2", "show", { (call, _: Nothing) in showing("v2.0", call) }, allow: .open),
      .get("/versions/{id}", "show", { (call, _: Nothing) in showing(call.id, call) }, allow: .open),
    ])

  private static func list(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    ["versions": [.object(document("v2.0", call)), .object(document("v2.1", call))]]
  }

  private static func showing(_ id: String, _ call: Call<Nova>) -> JSON {
    var object = document(id == "v2.0" ? id : "v2.1", call)
    object["links"] = .array(
      (object["links"]?.array ?? [])
        + [["rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/api-ref/compute/"]])
    object["media-types"] = [
      [
        "base": "application/json",
        "type": .string("application/vnd.openstack.compute+json;version=" + (id == "v2.0" ? "2" : "2.1")),
      ]
    ]
    return ["version": .object(object)]
  }

  private static func document(_ id: String, _ call: Call<Nova>) -> JSONObject {
    let isOld = id == "v2.0"
    return [
      "id": .string(id), "status": isOld ? "SUPPORTED" : "CURRENT",
      "version": .string(isOld ? "" : "\(novaMicroversions.maximum)"),
      "min_version": .string(isOld ? "" : "\(novaMicroversions.minimum)"),
      "updated": isOld ? "2011-01-21T11:33:21Z" : "2013-07-23T11:33:21Z",
      "links": [["rel": "self", "href": .string(call.baseURL + (isOld ? "/v2/" : "/v2.1/"))]],
    ]
  }
}
