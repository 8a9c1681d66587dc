import Core
import Hardware
import Testing

/// What every directory must do, asked of one with nothing in it but its root.
struct DirectoryContract {
  let directory: any Directory
  let root: String

  private var users: String { "ou=Users,\(root)" }

  func holds() async throws {
    try await fill()
    try await finds()
    try await provesPasswords()
    try await takesTextsAsTexts()
    try await changes()
    try await refuses()
  }

  private func person(_ id: String, _ name: String, password: String? = nil) -> DirectoryEntry {
    var entry = DirectoryEntry(
      "cn=\(DistinguishedName.escape(id)),\(users)",
      ["objectClass": ["person", "inetOrgPerson"], "cn": [id], "sn": [name]])
    if let password { entry.attributes["userPassword"] = [Array(password.utf8)] }
    return entry
  }

  private func fill() async throws {
    try await directory.add(DirectoryEntry(users, ["objectClass": ["organizationalUnit"], "ou": ["Users"]]))
    try await directory.add(person("ada", "Ada Lovelace", password: "engine"))
    try await directory.add(person("ben", "Ben Bova"))
    try await directory.add(
      DirectoryEntry("ou=Deep,\(users)", ["objectClass": ["organizationalUnit"], "ou": ["Deep"]]))
    try await directory.add(
      DirectoryEntry(
        "cn=cas,ou=Deep,\(users)",
        ["objectClass": ["person", "inetOrgPerson"], "cn": ["cas"], "sn": ["Cas"], "mail": ["cas@example.org"]]))
  }

  private func names(_ filter: DirectoryFilter, _ scope: DirectorySearch.Scope = .sub) async throws -> [String] {
    try await directory.search(DirectorySearch(users, scope, filter, attributes: ["cn"]))
      .compactMap { $0.texts("cn").first }.sorted()
  }

  private func finds() async throws {
    let people = DirectoryFilter.equals("objectClass", "inetOrgPerson")
    #expect(try await names(people) == ["ada", "ben", "cas"])
    #expect(try await names(people, .one) == ["ada", "ben"])
    #expect(try await names(.equals("CN", "ADA")) == ["ada"], "neither attributes nor names heed case")
    #expect(try await names(.all([people, .not(.equals("cn", "ada"))])) == ["ben", "cas"])
    #expect(try await names(.any([.equals("cn", "ada"), .equals("cn", "cas")])) == ["ada", "cas"])
    #expect(try await names(.present("mail")) == ["cas"])
    #expect(try await names(.contains("sn", "LOVE")) == ["ada"])
    #expect(try await names(.begins("sn", with: "ben ")) == ["ben"])
    #expect(try await names(.ends("sn", with: "bova")) == ["ben"])
    let base = try await directory.search(DirectorySearch("cn=ada,\(users)", .base))
    #expect(base.map(\.name) == ["cn=ada,\(users)"])
    #expect(base.first?.texts("SN") == ["Ada Lovelace"])
    let bare = try await directory.search(
      DirectorySearch("cn=ada,\(users)", .base, attributes: DirectorySearch.namesOnly))
    #expect(bare.first?.attributes.isEmpty == true)
    #expect(try await directory.search(DirectorySearch(users, .sub, people, limit: 2)).count == 2)
    await fails(.notFound) { _ = try await directory.search(DirectorySearch("ou=Nobody,\(root)", .sub)) }
  }

  private func provesPasswords() async throws {
    let ada = "cn=ada,\(users)"
    #expect(try await directory.verify("engine", of: ada))
    #expect(try await !directory.verify("Engine", of: ada))
    #expect(try await !directory.verify("", of: ada), "an empty password would be nobody's login")
    #expect(try await !directory.verify("engine", of: "cn=ben,\(users)"))
    #expect(try await !directory.verify("engine", of: "cn=nobody,\(users)"))
    try await directory.setPassword("ångström, new", of: ada, in: "userPassword")
    #expect(try await directory.verify("ångström, new", of: ada))
    #expect(try await !directory.verify("engine", of: ada))
  }

  /// What somebody calls himself never becomes part of a question or of another's name.
  private func takesTextsAsTexts() async throws {
    for name in ["*", "a*", "ada)(cn=*", "ada))(|(cn=*", "\\2a", "ada\u{0}", "(&", "ådå"] {
      #expect(try await names(.equals("cn", name)) == [], "\(name)")
      #expect(try await names(.contains("cn", name)) == [], "\(name)")
    }
    for name in [
      "comma, ou=Deep", "plus+cn=x", "quote\"<>;", " space ", "#hash", "back\\slash", "equal=sign", "ünï", "(*)",
    ] {
      let entry = person(name, name)
      try await directory.add(entry)
      #expect(try await names(.equals("cn", name)).count == 1, "\(name)")
      let found = try await directory.search(DirectorySearch(users, .one, .equals("sn", name)))
      #expect(found.count == 1 && DistinguishedName(found[0].name) == DistinguishedName(entry.name), "\(name)")
      try await directory.delete(entry.name)
    }
  }

  private func changes() async throws {
    let ben = "cn=ben,\(users)"
    try await directory.modify(ben, [.add("mail", ["b@example.org"]), .replace("description", ["A writer"])])
    try await directory.modify(ben, [.add("mail", ["c@example.org"]), .replace("description", [])])
    let entry = try await directory.search(DirectorySearch(ben, .base)).first
    #expect(entry?.texts("mail").sorted() == ["b@example.org", "c@example.org"])
    #expect(entry?.texts("description") == [])
    try await directory.modify(ben, [.remove("mail", ["b@example.org"])])
    #expect(try await directory.search(DirectorySearch(ben, .base)).first?.texts("mail") == ["c@example.org"])
    await fails(.conflict) { try await directory.modify(ben, [.add("mail", ["c@example.org"])]) }
    await fails(.notFound) { try await directory.modify(ben, [.remove("mail", ["b@example.org"])]) }
  }

  private func refuses() async throws {
    await fails(.conflict) { try await directory.add(person("ada", "Another")) }
    await fails(.notFound) { try await directory.delete("cn=nobody,\(users)") }
    await fails(.notFound) { try await directory.modify("cn=nobody,\(users)", [.add("mail", ["x@y"])]) }
    await fails(.badRequest) { try await directory.delete(users) }
    await fails(.badRequest) {
      try await directory.add(DirectoryEntry("cn=shapeless,\(users)", ["cn": ["shapeless"]]))
    }
    try await directory.delete("cn=ben,\(users)")
    #expect(try await names(.equals("cn", "ben")) == [])
  }

  func fails(_ kind: Fault.Kind, _ body: () async throws -> Void) async {
    do {
      try await body()
      Issue.record("nothing was refused; \(kind) was to be")
    } catch { #expect((error as? Fault)?.kind == kind, "\(error)") }
  }
}
