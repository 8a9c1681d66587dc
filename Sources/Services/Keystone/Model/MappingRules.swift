internal import Core
public import JSON
internal import Text

/// Whether rules are well formed, as upstream's JSON Schemas of the three versions say (keystone/federation/utils.py).
public enum MappingRules {
  /// How many patterns the rules of a mapping may hold, and how many rules there may be.
  public static let limit = 1000

  /// - Parameter rules: what stands under `rules`.
  /// - Throws: a `badRequest` fault that names everything that is wrong, one line each.
  public static func check(_ rules: JSON?, version: MappingVersion) throws {
    var check = MappingCheck(version: version)
    check.rules(rules)
    guard check.problems.isEmpty else { throw Fault.badRequest(check.problems.prefix(20).joined(separator: "\n")) }
  }
}

private struct MappingCheck {
  let version: MappingVersion
  var problems: [String] = []
  private var patterns = 0

  init(version: MappingVersion) { self.version = version }

  mutating func rules(_ json: JSON?) {
    guard let json else { return note("rules", "'rules' is a required property") }
    guard let list = json.array else { return note("rules", "it is not of type 'array'") }
    guard !list.isEmpty else { return note("rules", "[] is too short") }
    guard list.count <= MappingRules.limit else { return note("rules", "there are more than \(MappingRules.limit)") }
    for (i, rule) in list.enumerated() {
      let place = "rules[\(i)]"
      guard let object = object(rule, place, ["local", "remote"], required: ["local", "remote"]) else { continue }
      each(object["local"], "\(place).local") { $0.local($1, $2) }
      if object["remote"]?.array?.isEmpty == true { note("\(place).remote", "[] is too short") }
      each(object["remote"], "\(place).remote") { $0.remote($1, $2) }
    }
  }

  private mutating func note(_ place: String, _ what: String) { problems.append("\(place): \(what)") }

  /// The object there, if it is one with these keys alone.
  private mutating func object(
    _ json: JSON?, _ place: String, _ keys: [String], required: [String] = []
  ) -> JSONObject? {
    guard let json else { return nil }
    guard let object = json.object else {
      note(place, "it is not of type 'object'")
      return nil
    }
    for key in object.keys where !keys.contains(key) {
      note(place, "Additional properties are not allowed ('\(key)' was unexpected)")
    }
    for key in required where object[key] == nil { note(place, "'\(key)' is a required property") }
    return object
  }

  private mutating func each(
    _ json: JSON?, _ place: String, _ body: (inout MappingCheck, JSON, String) -> Void
  ) {
    guard let json else { return }
    guard let list = json.array else { return note(place, "it is not of type 'array'") }
    for (i, item) in list.enumerated() { body(&self, item, "\(place)[\(i)]") }
  }

  private mutating func text(_ json: JSON?, _ place: String) {
    if let json, json.string == nil { note(place, "it is not of type 'string'") }
  }

  private mutating func local(_ json: JSON, _ place: String) {
    var keys = ["user", "projects", "group", "groups", "group_ids", "domain"]
    if version >= .withProjectsAsJSON { keys.append("projects_json") }
    guard let object = object(json, place, keys) else { return }
    user(object["user"], place + ".user")
    domain(object["domain"], place + ".domain")
    for key in ["groups", "group_ids", "projects_json"] where keys.contains(key) {
      text(object[key], "\(place).\(key)")
    }
    group(object["group"], place + ".group")
    each(object["projects"], place + ".projects") { $0.project($1, $2) }
  }

  private mutating func user(_ json: JSON?, _ place: String) {
    guard let user = object(json, place, ["id", "name", "email", "domain", "type"]) else { return }
    for key in ["id", "name", "email"] { text(user[key], "\(place).\(key)") }
    domain(user["domain"], place + ".domain")
    if let type = user["type"], !["ephemeral", "local"].contains(type.string ?? "") {
      note(place + ".type", "it is not one of ['ephemeral', 'local']")
    }
  }

  private mutating func domain(_ json: JSON?, _ place: String) {
    guard let domain = object(json, place, ["id", "name"]) else { return }
    for key in ["id", "name"] { text(domain[key], "\(place).\(key)") }
  }

  /// By its id alone, or by its name and domain.
  private mutating func group(_ json: JSON?, _ place: String) {
    guard let json else { return }
    let isByName = json["id"] == nil
    let keys = isByName ? ["name", "domain"] : ["id"]
    guard let group = object(json, place, keys, required: keys) else { return }
    for key in ["id", "name"] { text(group[key], "\(place).\(key)") }
    domain(group["domain"], place + ".domain")
  }

  mutating func project(_ json: JSON, _ place: String) {
    let keys = version >= .withDomains ? ["name", "roles", "domain"] : ["name", "roles"]
    guard let project = object(json, place, keys, required: ["name", "roles"]) else { return }
    text(project["name"], place + ".name")
    domain(project["domain"], place + ".domain")
    each(project["roles"], place + ".roles") { check, role, place in
      guard let role = check.object(role, place, ["name"], required: ["name"]) else { return }
      check.text(role["name"], place + ".name")
    }
  }

  private static let conditions = ["any_one_of", "not_any_of", "blacklist", "whitelist"]

  private mutating func remote(_ json: JSON, _ place: String) {
    let present = Self.conditions.filter { json[$0] != nil }
    guard present.count < 2 else { return note(place, "it has more than one of \(present)") }
    let keys = ["type"] + present + (present.isEmpty ? [] : ["regex"])
    guard let object = object(json, place, keys, required: ["type"]) else { return }
    text(object["type"], place + ".type")
    if let regex = object["regex"], regex.bool == nil { note(place + ".regex", "it is not of type 'boolean'") }
    guard let name = present.first else { return }
    guard let values = object[name]?.array else { return note("\(place).\(name)", "it is not of type 'array'") }
    if object["regex"]?.bool == true { self.patterns(values, "\(place).\(name)") }
  }

  /// Patterns that cannot be followed in linear time are refused here, where who wrote them can mend them.
  private mutating func patterns(_ values: [JSON], _ place: String) {
    for value in values {
      guard let text = value.string else { continue }
      patterns += 1
      guard patterns <= MappingRules.limit else {
        return note(place, "there are more than \(MappingRules.limit) patterns")
      }
      do { _ = try RegularExpression(text, ignoringCase: false) } catch let fault as Fault {
        note(place, fault.message)
      } catch { note(place, "\(error)") }
    }
  }
}

extension MappingRules {
  /// Checks the projects that come out of an attribute as JSON.
  /// - Throws: a `badRequest` fault.
  static func check(projects: JSON) throws {
    var check = MappingCheck(version: .withDomains)
    guard let list = projects.array else { throw Fault.badRequest("projects_json: it is not of type 'array'") }
    for (i, project) in list.enumerated() { check.project(project, "projects_json[\(i)]") }
    guard check.problems.isEmpty else { throw Fault.badRequest(check.problems.prefix(20).joined(separator: "\n")) }
  }
}
