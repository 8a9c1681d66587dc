public import Config
internal import Core
public import Hardware

/// How one domain's users and groups are found in a directory: the section `ldap`, by upstream's names.
public struct DirectorySettings: Sendable, Equatable {
  public enum Scope: String, OptionValue, CaseIterable { case one, sub }

  public var url = "ldap://localhost"
  public var randomizesURLs = false
  public var user = ""
  public var password = ""
  public var suffix = "cn=example,cn=com"
  public var scope = Scope.one
  public var pageSize = 0
  public var aliases = DirectoryAccess.Aliases.default
  public var debugLevel: Int?
  public var followsReferrals: Bool?
  /// Whether users, groups, memberships and passwords may be changed through the identity service.
  public var isWritable = false

  public var users = UserPart()
  public var groups = GroupPart()

  public var authorityFile = ""
  public var authorityDirectory = ""
  public var startsTLS = false
  public var certificates = DirectoryAccess.Certificates.demand
  /// In seconds.
  public var connectionTimeout = 10
  public var usesPool = true
  public var poolSize = 10
  public var poolAttempts = 3
  /// In seconds, as the three below.
  public var poolRetryDelay = 0.1
  public var poolConnectionTimeout = -1
  public var poolLifetime = 600
  public var usesLoginPool = true
  public var loginPoolSize = 100
  public var loginPoolLifetime = 60

  /// Where users are, and what their attributes are called.
  public struct UserPart: Sendable, Equatable {
    public var tree = ""
    public var filter = ""
    public var objectClass = "inetOrgPerson"
    public var id = "cn"
    public var name = "sn"
    public var details = "description"
    public var mail = "mail"
    public var password = "userPassword"
    public var enabled = "enabled"
    public var enabledInvert = false
    public var enabledMask = 0
    public var enabledDefault = "True"
    public var ignored = ["default_project_id"]
    public var defaultProject = ""
    public var enabledEmulation = false
    public var enabledEmulationName = ""
    public var enabledEmulationUsesGroups = false
    public var additional: [String] = []
  }

  /// Where groups are, and what their attributes are called.
  public struct GroupPart: Sendable, Equatable {
    public var tree = ""
    public var filter = ""
    public var objectClass = "groupOfNames"
    public var id = "cn"
    public var name = "ou"
    public var details = "description"
    public var member = "member"
    public var membersAreIDs = false
    public var nests = false
    public var ignored: [String] = []
    public var additional: [String] = []
  }

  public init() {}

  public var userTree: String { users.tree.isEmpty ? "ou=Users,\(suffix)" : users.tree }
  public var groupTree: String { groups.tree.isEmpty ? "ou=UserGroups,\(suffix)" : groups.tree }

  /// The way to the directory.
  /// - Parameter order: of so many servers, the order in which this process tries them, where they are not to be tried
  ///   in the order they are written.
  public func access(order: (Int) -> [Int]) -> DirectoryAccess {
    var access = DirectoryAccess()
    access.urls = url.split(whereSeparator: { $0 == "," || $0.isWhitespace }).map(String.init)
    if randomizesURLs { access.urls = order(access.urls.count).map { access.urls[$0] } }
    access.user = user
    access.password = password
    access.pageSize = pageSize
    access.aliases = aliases
    access.followsReferrals = followsReferrals
    access.startsTLS = startsTLS
    access.authorityFile = authorityFile
    access.authorityDirectory = authorityDirectory
    access.certificates = certificates
    // Waiting without an end is what -1 says upstream; nobody waits for ever here.
    let timeouts = [connectionTimeout, usesPool ? poolConnectionTimeout : -1].filter { $0 > 0 }
    access.timeout = .seconds(timeouts.min() ?? 10)
    access.poolSize = usesPool ? poolSize : 0
    access.poolLifetime = .seconds(poolLifetime)
    access.attempts = usesPool ? poolAttempts : 1
    access.retryDelay = .milliseconds(Int(poolRetryDelay * 1000))
    access.loginPoolSize = usesPool && usesLoginPool ? loginPoolSize : 0
    access.loginPoolLifetime = .seconds(loginPoolLifetime)
    access.debugLevel = debugLevel
    return access
  }

  /// The same with what a domain sets for itself.
  /// - Parameter values: texts by option.
  /// - Throws: `badRequest` that names the option whose value cannot be.
  public func with(_ values: [String: String]) throws -> DirectorySettings {
    var settings = self
    for (key, text) in values.sorted(by: { $0.key < $1.key }) {
      guard let option = Self.options.first(where: { $0.key == key }) else {
        throw Fault.badRequest("There is no option ldap.\(key).")
      }
      guard option.apply(text, to: &settings) else {
        throw Fault.badRequest("ldap.\(key) must be \(option.allowed), not \(option.isSecret ? "****" : text).")
      }
    }
    return settings
  }
}

extension DirectoryAccess.Aliases: OptionValue {}
extension DirectoryAccess.Certificates: OptionValue {}
