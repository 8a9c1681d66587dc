internal import Core
public import KeystoneModel
public import Store

extension Keystone {
  /// Gives ids to all users and groups of a domain's directory, so that the first list of many is not slow.
  /// - Returns: how many of each there are.
  /// - Throws: `notFound` where there is no such domain, or it has no directory; `unavailable` where that is down.
  public func giveIDs(inDomain name: String) async throws -> (users: Int, groups: Int) {
    guard let domain = try await store.read({ try await $0.domain(named: name) }) else {
      throw Fault.notFound("Invalid domain name: \(name)")
    }
    guard let people = try await directories.people(of: domain.id) else {
      throw Fault.notFound(
        "The domain \(name) has no directory: its users have their ids already. See docs/howto/ldap.md.")
    }
    let users = try await people.users()
    let groups = try await people.groups()
    try await draw(Picture(users: users, groups: groups, hasAllUsers: true, hasAllGroups: true), of: people)
    return (users.count, groups.count)
  }
}

extension Transaction {
  /// Forgets under which ids users and groups of directories are known, with the picture of them; whoever is still in
  /// a directory gets his id anew. Roles stay.
  /// - Returns: how many were forgotten.
  public func forgetIDs(
    domain: String? = nil, publicID: String? = nil, localID: String? = nil, kind: IdentityMapping.Kind? = nil
  ) async throws -> Int {
    var conditions: [SQL] = []
    if let domain { conditions.append("domain_id = \(domain)") }
    if let publicID { conditions.append("public_id = \(publicID)") }
    if let localID { conditions.append("local_id = \(localID)") }
    if let kind { conditions.append("entity_type = \(kind)") }
    let gone = try await all(IdentityMapping.self, SQL.allOf(conditions))
    for mapping in gone {
      let id = mapping.publicID
      switch mapping.kind {
      case .user:
        try await deleteAll(Membership.self, "WHERE user_id = \(id)")
        try await deleteAll(User.self, "WHERE id = \(id)")
      case .group:
        try await deleteAll(Membership.self, "WHERE group_id = \(id)")
        try await deleteAll(Group.self, "WHERE id = \(id)")
      }
      try await delete(mapping)
    }
    return gone.count
  }
}
