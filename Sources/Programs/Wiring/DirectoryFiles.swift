internal import Core
internal import Host
internal import KeystoneAPI
internal import Log
package import KeystoneModel
internal import Text

extension Settings {
  /// Which domains have directories; files apart.
  package var directories: DirectoryRules {
    var rules = DirectoryRules()
    rules.hasDefault = identity.driver == .ldap
    rules.areOfDomains = identity.domainDrivers
    rules.areInStore = identity.domainsInDatabase
    rules.settings = ldap
    rules.lifetime = identity.directoryLifetime
    rules.lifetimeInOutage = identity.directoryOutage
    rules.keepsLocalIDs = identity.keepsLocalIDs
    return rules
  }

  /// What the files `keystone.DOMAIN.conf` say, by domain, section and option; nothing where domains have none.
  /// - Throws: `badRequest` for a file that cannot be.
  package func domainFiles() async throws -> [String: [String: [String: String]]] {
    guard identity.domainDrivers, !identity.domainsInDatabase else { return [:] }
    let folder = identity.domainDirectory
    if try await !Host.real.exists(folder) {
      Log("keystone").warning(
        "No domain has a directory: the folder of their configurations is not there. Make it, correct "
          + "identity.domain_config_dir, or set identity.domain_configurations_from_database.", ["folder": folder])
    }
    var files: [String: [String: [String: String]]] = [:]
    for name in try await Host.real.list(folder) where name.hasPrefix("keystone.") && name.hasSuffix(".conf") {
      let domain = String(name.dropFirst("keystone.".count).dropLast(".conf".count))
      guard !domain.isEmpty else { continue }
      let path = folder + "/" + name
      let ini = try Ini(parsing: String(decoding: try await Host.real.readFile(path), as: UTF8.self), source: path)
      var sections: [String: [String: String]] = [:]
      for entry in ini.entries { sections[entry.section, default: [:]][entry.key] = entry.value }
      _ = try DirectorySettings().with(sections["ldap"] ?? [:])
      files[domain] = sections
    }
    return files
  }
}

extension Cloud {
  /// Gives ids to all users and groups of a domain's directory.
  /// - Returns: how many of each there are.
  /// - Throws: `notFound` where there is no such domain, or it has no directory.
  package func giveIDs(inDomain name: String) async throws -> (users: Int, groups: Int) {
    try await identity.keystone.giveIDs(inDomain: name)
  }
}
