internal import Core
internal import JSON

/// Which options a domain may set for itself, and what holds where it does not.
enum DomainOptions {
  /// By group, with upstream's defaults (keystone/conf/ldap.py, identity.py).
  static let defaults: [(group: String, options: [(name: String, value: JSON)])] = [
    (group: "identity", options: [(name: "driver", value: "sql"), (name: "list_limit", value: nil)]),
    (group: "ldap", options: ldap.map { (name: $0.0, value: $0.1) }),
  ]
  /// Options that are kept and never shown.
  static let secrets = ["ldap": ["password"]]

  private static let ldap: [(String, JSON)] = [
    ("url", "ldap://localhost"),
    ("user", nil),
    ("suffix", "cn=example,cn=com"),
    ("query_scope", "one"),
    ("page_size", 0),
    ("alias_dereferencing", "default"),
    ("debug_level", nil),
    ("chase_referrals", nil),
    ("user_tree_dn", nil),
    ("user_filter", nil),
    ("user_objectclass", "inetOrgPerson"),
    ("user_id_attribute", "cn"),
    ("user_name_attribute", "sn"),
    ("user_mail_attribute", "mail"),
    ("user_description_attribute", "description"),
    ("user_pass_attribute", "userPassword"),
    ("user_enabled_attribute", "enabled"),
    ("user_enabled_invert", false),
    ("user_enabled_mask", 0),
    ("user_enabled_default", "True"),
    ("user_attribute_ignore", ["default_project_id"]),
    ("user_default_project_id_attribute", nil),
    ("user_enabled_emulation", false),
    ("user_enabled_emulation_dn", nil),
    ("user_enabled_emulation_use_group_config", false),
    ("user_additional_attribute_mapping", []),
    ("group_tree_dn", nil),
    ("group_filter", nil),
    ("group_objectclass", "groupOfNames"),
    ("group_id_attribute", "cn"),
    ("group_name_attribute", "ou"),
    ("group_members_are_ids", false),
    ("group_member_attribute", "member"),
    ("group_desc_attribute", "description"),
    ("group_attribute_ignore", []),
    ("group_additional_attribute_mapping", []),
    ("tls_cacertfile", nil),
    ("tls_cacertdir", nil),
    ("use_tls", false),
    ("tls_req_cert", "demand"),
    ("use_pool", true),
    ("pool_size", 10),
    ("pool_retry_max", 3),
    ("pool_retry_delay", 0.1),
    ("pool_connection_timeout", -1),
    ("pool_connection_lifetime", 600),
    ("use_auth_pool", true),
    ("auth_pool_size", 100),
    ("auth_pool_connection_lifetime", 60),
    // Ours alone: upstream's directories cannot be changed.
    ("writable", false),
  ]

  static func isSecret(_ group: String, _ option: String) -> Bool { secrets[group]?.contains(option) ?? false }

  /// - Throws: `forbidden` for what a domain cannot set, as upstream does.
  static func check(_ group: String?, _ option: String? = nil) throws {
    guard let group else { return }
    guard let known = defaults.first(where: { $0.group == group }) else {
      throw refusal("Group \(group) is not supported for domain specific configurations")
    }
    guard let option, !isSecret(group, option), !known.options.contains(where: { $0.name == option }) else { return }
    throw refusal("Option \(option) in group \(group) is not supported for domain specific configurations")
  }

  /// - Throws: `forbidden` for a body that is no configuration of a domain.
  static func check(_ config: JSONObject) throws {
    if config.isEmpty { throw refusal("No options specified") }
    for (group, options) in config.members {
      guard let options = options.object, !options.isEmpty else {
        throw refusal("The value of group \(group) specified in the config should be a dictionary of options")
      }
      for option in options.keys { try check(group, option) }
    }
  }

  static func refusal(_ reason: String) -> Fault {
    .forbidden("Invalid domain specific configuration: \(reason).")
  }
}
