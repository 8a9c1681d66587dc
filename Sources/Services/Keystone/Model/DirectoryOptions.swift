public import Config
internal import Hardware

// The options of the section `ldap`, for the whole cloud's configuration and for a domain's.

extension DirectorySettings {
  public static let options: [Option<DirectorySettings>] = server + people + teams + transport

  private static let attribute = "the name of an attribute"
  private static func isAttribute(_ text: String) -> Bool { DirectoryFilter.isAttribute(text) }
  private static func isAttributeOrEmpty(_ text: String) -> Bool { text.isEmpty || isAttribute(text) }
  private static let name = "the name of an entry, such as ou=Users,dc=example,dc=org, or empty"
  private static func isName(_ text: String) -> Bool { DistinguishedName(text) != nil }
  private static func isFilter(_ text: String) -> Bool { text.isEmpty || (try? DirectoryFilter(parsing: text)) != nil }
  private static let keys = "a list, with commas, of attributes of the API"
  private static func areKeys(_ items: [String]) -> Bool {
    items.allSatisfy { item in
      item.utf8.allSatisfy { (97...122).contains($0 | 0x20) || (48...57).contains($0) || "_-".utf8.contains($0) }
    }
  }
  private static let mapping = "a list, with commas, of LDAP attribute:attribute"
  private static func isMapping(_ items: [String]) -> Bool {
    items.allSatisfy { item in
      let parts = item.split(separator: ":", omittingEmptySubsequences: false)
      return parts.count == 2 && isAttribute(String(parts[0])) && !parts[1].isEmpty
    }
  }

  private static let server: [Option<DirectorySettings>] = [
    .option(
      "ldap", "url", \.url, default: "ldap://localhost", as: "URLs with commas, of ldap://, ldaps:// or ldapi://",
      { text in
        let urls = text.split { $0 == "," || $0.isWhitespace }.map { $0.lowercased() }
        return !urls.isEmpty
          && urls.allSatisfy { url in ["ldap://", "ldaps://", "ldapi://"].contains { url.hasPrefix($0) } }
      }, "The LDAP servers, tried in this order."),
    .option(
      "ldap", "randomize_urls", \.randomizesURLs, default: false, "Whether each process tries them in another order."),
    .option(
      "ldap", "user", \.user, default: "", as: name, isName,
      "The entry that asks on behalf of the identity service; empty for nobody."),
    .option("ldap", "password", \.password, default: "", secret: true, "The password of that entry."),
    .option(
      "ldap", "suffix", \.suffix, default: "cn=example,cn=com", as: name, isName,
      "The directory's root, below which users and groups are where nothing else is said."),
    .option(
      "ldap", "query_scope", \.scope, default: .one,
      "How deep people lie in their tree: right below its root, or anywhere."),
    .option(
      "ldap", "page_size", \.pageSize, default: 0, in: 0...100_000, "How many entries a server is asked for at once."),
    .option("ldap", "alias_dereferencing", \.aliases, default: .default, "When aliases are followed."),
    .option(
      "ldap", "debug_level", \.debugLevel, default: nil, "What libldap writes to standard error, as its bitmask."),
    .option(
      "ldap", "chase_referrals", \.followsReferrals, default: nil,
      "Whether references to other servers are followed; empty for as ldap.conf says."),
    .option(
      "ldap", "writable", \.isWritable, default: false,
      "Whether users, groups, memberships and passwords may be changed through the identity API, as upstream could "
        + "until Ocata."),
  ]

  private static let people: [Option<DirectorySettings>] = [
    .option(
      "ldap", "user_tree_dn", \.users.tree, default: "", as: name, isName,
      "Below which entry users are; empty for ou=Users and the suffix."),
    .option(
      "ldap", "user_filter", \.users.filter, default: "", as: "an LDAP filter, or empty", isFilter,
      "What users must satisfy besides."),
    .option(
      "ldap", "user_objectclass", \.users.objectClass, default: "inetOrgPerson", as: "an object class", isAttribute,
      "The object class of users."),
    .option(
      "ldap", "user_id_attribute", \.users.id, default: "cn", as: attribute, isAttribute,
      "What tells users apart for good; a user whose value changes is another one."),
    .option(
      "ldap", "user_name_attribute", \.users.name, default: "sn", as: attribute, isAttribute,
      "What users log in with; no two may have the same."),
    .option(
      "ldap", "user_description_attribute", \.users.details, default: "description", as: attribute, isAttributeOrEmpty,
      "The attribute with a user's description."),
    .option(
      "ldap", "user_mail_attribute", \.users.mail, default: "mail", as: attribute, isAttributeOrEmpty,
      "The attribute with a user's email."),
    .option(
      "ldap", "user_pass_attribute", \.users.password, default: "userPassword", as: attribute, isAttribute,
      "The attribute with a user's password; read by the server alone."),
    .option(
      "ldap", "user_enabled_attribute", \.users.enabled, default: "enabled", as: attribute, isAttributeOrEmpty,
      "The attribute that says whether a user may log in."),
    .option(
      "ldap", "user_enabled_invert", \.users.enabledInvert, default: false,
      "Whether that attribute says the opposite, as a lock does."),
    .option(
      "ldap", "user_enabled_mask", \.users.enabledMask, default: 0, in: 0...2_147_483_647,
      "The bit of that attribute that disables: 2 for userAccountControl; 0 where it is true or false."),
    .option(
      "ldap", "user_enabled_default", \.users.enabledDefault, default: "True",
      "What that attribute is where a user has none: 512 for userAccountControl."),
    .option(
      "ldap", "user_attribute_ignore", \.users.ignored, default: ["default_project_id"], as: keys, areKeys,
      "Attributes of the API that are neither read nor written."),
    .option(
      "ldap", "user_default_project_id_attribute", \.users.defaultProject, default: "", as: attribute,
      isAttributeOrEmpty, "The attribute with a user's default project."),
    .option(
      "ldap", "user_enabled_emulation", \.users.enabledEmulation, default: false,
      "Whether users are enabled by being in a group."),
    .option(
      "ldap", "user_enabled_emulation_dn", \.users.enabledEmulationName, default: "", as: name, isName,
      "That group; empty for cn=enabled_users below the users."),
    .option(
      "ldap", "user_enabled_emulation_use_group_config", \.users.enabledEmulationUsesGroups, default: false,
      "Whether that group has the class and the members' attribute of other groups."),
    .option(
      "ldap", "user_additional_attribute_mapping", \.users.additional, default: [], as: mapping, isMapping,
      "Further attributes, each as LDAP attribute:attribute."),
  ]

  private static let teams: [Option<DirectorySettings>] = [
    .option(
      "ldap", "group_tree_dn", \.groups.tree, default: "", as: name, isName,
      "Below which entry groups are; empty for ou=UserGroups and the suffix."),
    .option(
      "ldap", "group_filter", \.groups.filter, default: "", as: "an LDAP filter, or empty", isFilter,
      "What groups must satisfy besides."),
    .option(
      "ldap", "group_objectclass", \.groups.objectClass, default: "groupOfNames", as: "an object class", isAttribute,
      "The object class of groups."),
    .option(
      "ldap", "group_id_attribute", \.groups.id, default: "cn", as: attribute, isAttribute,
      "What tells groups apart for good."),
    .option(
      "ldap", "group_name_attribute", \.groups.name, default: "ou", as: attribute, isAttribute,
      "What groups are called."
    ),
    .option(
      "ldap", "group_desc_attribute", \.groups.details, default: "description", as: attribute, isAttributeOrEmpty,
      "The attribute with a group's description."),
    .option(
      "ldap", "group_member_attribute", \.groups.member, default: "member", as: attribute, isAttribute,
      "The attribute with a group's members."),
    .option(
      "ldap", "group_members_are_ids", \.groups.membersAreIDs, default: false,
      "Whether members are named by their id and not by their entry, as in posixGroup."),
    .option(
      "ldap", "group_ad_nesting", \.groups.nests, default: false,
      "Whether members of groups within groups count, by Active Directory's rule."),
    .option(
      "ldap", "group_attribute_ignore", \.groups.ignored, default: [], as: keys, areKeys,
      "Attributes of the API that are neither read nor written."),
    .option(
      "ldap", "group_additional_attribute_mapping", \.groups.additional, default: [], as: mapping, isMapping,
      "Further attributes, each as LDAP attribute:attribute."),
  ]

  private static let transport: [Option<DirectorySettings>] = [
    .option("ldap", "use_tls", \.startsTLS, default: false, "Whether ldap:// turns to TLS before anything is said."),
    .option(
      "ldap", "tls_cacertfile", \.authorityFile, default: "", "The certificates of who vouches for the servers."),
    .option(
      "ldap", "tls_cacertdir", \.authorityDirectory, default: "", "The directory with them, where it is no file."),
    .option(
      "ldap", "tls_req_cert", \.certificates, default: .demand, "Whether the servers must prove who they are."),
    .option(
      "ldap", "connection_timeout", \.connectionTimeout, default: 10, in: -1...3600,
      "For how many seconds a server may keep anyone waiting; -1, without an end upstream, is 10 here."),
    .option("ldap", "use_pool", \.usesPool, default: true, "Whether connections are kept."),
    .option("ldap", "pool_size", \.poolSize, default: 10, in: 1...10_000, "How many connections are kept."),
    .option("ldap", "pool_retry_max", \.poolAttempts, default: 3, in: 1...100, "How often connecting is tried."),
    .option(
      "ldap", "pool_retry_delay", \.poolRetryDelay, default: 0.1, in: 0...3600, "How many seconds lie in between."),
    .option(
      "ldap", "pool_connection_timeout", \.poolConnectionTimeout, default: -1, in: -1...3600,
      "As connection_timeout, for connections that are kept; the shorter one holds."),
    .option(
      "ldap", "pool_connection_lifetime", \.poolLifetime, default: 600, in: 1...1_000_000,
      "For how many seconds a connection is kept."),
    .option(
      "ldap", "use_auth_pool", \.usesLoginPool, default: true,
      "Whether the connections on which users' passwords are tried are kept too."),
    .option("ldap", "auth_pool_size", \.loginPoolSize, default: 100, in: 1...10_000, "How many of these are."),
    .option(
      "ldap", "auth_pool_connection_lifetime", \.loginPoolLifetime, default: 60, in: 1...1_000_000,
      "For how many seconds."),
  ]
}
