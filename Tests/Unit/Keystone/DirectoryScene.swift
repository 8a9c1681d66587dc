import Core
import FakeHardware
import Hardware
import JSON
import KeystoneModel
import Testing

/// A cloud with a domain `corp`, whose users and groups are in a directory.
struct DirectoryScene {
  static let root = "dc=corp"
  let cloud: TestCloud
  let directory: FakeDirectory
  let corp: String

  static func entry(_ id: String, _ more: [String: [String]] = [:], below: String = "ou=Users") -> DirectoryEntry {
    var attributes = ["objectClass": ["person", "inetOrgPerson"], "cn": [id], "sn": [id], "uid": [id]]
    for (key, values) in more { attributes[key] = values }
    return DirectoryEntry("uid=\(DistinguishedName.escape(id)),\(below),\(root)", attributes)
  }
  static func group(_ name: String, _ members: [String]) -> DirectoryEntry {
    DirectoryEntry(
      "cn=\(name),ou=Groups,\(root)",
      [
        "objectClass": ["groupOfNames"], "cn": [name], "description": ["all of \(name)"],
        "member": members.map { "uid=\($0),ou=Users,\(root)" },
      ])
  }

  static let options: JSONObject = [
    "url": "ldap://nowhere", "suffix": .string(root), "user_tree_dn": .string("ou=Users,\(root)"),
    "group_tree_dn": .string("ou=Groups,\(root)"), "user_id_attribute": "uid", "user_name_attribute": "uid",
    "group_id_attribute": "cn", "group_name_attribute": "cn", "user_enabled_attribute": "employeeType",
  ]

  init(_ more: JSONObject = [:], rules change: (inout DirectoryRules) -> Void = { _ in }) async throws {
    directory = FakeDirectory([
      DirectoryEntry(Self.root, ["objectClass": ["dcObject"]]),
      DirectoryEntry("ou=Users,\(Self.root)", ["objectClass": ["organizationalUnit"]]),
      DirectoryEntry("ou=Groups,\(Self.root)", ["objectClass": ["organizationalUnit"]]),
      Self.entry(
        "ada", ["userPassword": ["engine"], "mail": ["ada@corp"], "description": ["A countess"]]),
      Self.entry("ben", ["userPassword": ["worlds"], "employeeType": ["FALSE"]]),
      Self.entry("cas, ou=x", ["userPassword": ["comma"]]),
      Self.group("devs", ["ada", "nobody"]), Self.group("ops", ["ben"]),
    ])
    var options = TestCloud.quick
    options.directories.areOfDomains = true
    options.directories.areInStore = true
    change(&options.directories)
    cloud = try await TestCloud(options: options, directory: directory)
    corp = try await cloud.make("/v3/domains", "domain", ["name": "corp"])
    var ldap = Self.options
    for (key, value) in more.members { ldap[key] = value }
    let set = try await cloud.ask(
      "PUT", "/v3/domains/\(corp)/config", ["config": ["identity": ["driver": "ldap"], "ldap": .object(ldap)]])
    #expect(set.status == 201, "\(set.json.text)")
  }

  func id(_ user: String) -> String { IdentityMapping.id(.user, user, in: corp) }
  func groupID(_ group: String) -> String { IdentityMapping.id(.group, group, in: corp) }

  func login(_ name: String, _ password: String, scope: JSON? = nil) async throws -> Answer {
    try await cloud.authenticate(
      ["name": .string(name), "domain": ["name": "corp"], "password": .string(password)], scope: scope)
  }
  /// The names of a list.
  func names(_ path: String) async throws -> [String] {
    let answer = try await cloud.ask("GET", path)
    #expect(answer.status == 200, "\(answer.json.text)")
    let items = answer.json["users"] ?? answer.json["groups"]
    return items?.array?.compactMap { $0["name"]?.string } ?? []
  }
  /// Lists everybody, so that they have ids.
  func look() async throws {
    _ = try await names("/v3/users?domain_id=\(corp)")
    _ = try await names("/v3/groups?domain_id=\(corp)")
  }
  func role(_ name: String) async throws -> String {
    try await cloud.ask("GET", "/v3/roles?name=\(name)").json["roles"]?[0]?["id"]?.string ?? ""
  }
  func project(_ name: String) async throws -> String {
    try await cloud.ask("GET", "/v3/projects?name=\(name)").json["projects"]?[0]?["id"]?.string ?? ""
  }
}
