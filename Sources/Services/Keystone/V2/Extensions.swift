internal import API
internal import Core
internal import JSON

/// `/v2.0/extensions`: what each port offers beyond the core of v2.0, by the names that clients ask for.
enum Extensions {
  static let publicRoutes = table(of: [kscrud, ec2])
  static let adminRoutes = table(of: [ksadm, ec2, s3])

  private struct Extension {
    let alias: String
    let name: String
    let version: String
    let updated: String
    let description: String

    var json: JSON {
      [
        "name": .string(name), "alias": .string(alias), "updated": .string(updated),
        "namespace": .string("http://docs.openstack.org/identity/api/ext/\(alias)/\(version)"),
        "description": .string(description),
        "links": [
          [
            "rel": "describedby", "type": "text/html",
            "href": "http://developer.openstack.org/api-ref-identity-v2-ext.html",
          ]
        ],
      ]
    }
  }

  private static let ksadm = Extension(
    alias: "OS-KSADM", name: "OpenStack Keystone Admin", version: "v1.0", updated: "2013-07-11T17:14:00-00:00",
    description: "Makes, changes and removes tenants, users, roles and services.")
  private static let kscrud = Extension(
    alias: "OS-KSCRUD", name: "OpenStack Keystone User CRUD", version: "v1.0", updated: "2013-07-07T12:00:0-00:00",
    description: "Lets users change their own passwords.")
  private static let ec2 = Extension(
    alias: "OS-EC2", name: "OpenStack EC2 API", version: "v1.0", updated: "2013-07-07T12:00:0-00:00",
    description: "Access keys of the EC2 API, and tokens for requests that are signed with them.")
  private static let s3 = Extension(
    alias: "s3tokens", name: "OpenStack S3 API", version: "v1.0", updated: "2013-07-07T12:00:0-00:00",
    description: "Tokens for requests that are signed as the S3 API's are.")

  private static func table(of extensions: [Extension]) -> Routes<KeystoneV2> {
    let shown = extensions.map { (alias: $0.alias, json: $0.json) }
    let list: JSON = ["extensions": ["values": .array(shown.map(\.json))]]
    let showAll: Route<KeystoneV2>.Handling<Nothing, JSON> = { _, _ in list }
    let showOne: Route<KeystoneV2>.Handling<Nothing, JSON> = { call, _ in
      let alias = call.path["alias"] ?? ""
      guard let found = shown.first(where: { $0.alias == alias }) else {
        throw Fault.notFound("Could not find: \(alias).")
      }
      return ["extension": found.json]
    }
    return Routes(
      rules: "identity_v2:",
      [
        .get("/extensions", "list_extensions", showAll, allow: .open),
        .get("/extensions/{alias}", "get_extension", showOne, allow: .open),
      ])
  }
}
