public import Core

/// What tokens are for.
public enum TokenScope: Sendable, CaseIterable { case system, domain, project }

/// Who is asking, as the token says.
public struct Caller: Sendable, Equatable {
  public var userID: String
  public var userName: String
  public var userDomainID: String
  public var projectID: String?
  public var projectName: String?
  public var projectDomainID: String?
  /// The domain the token is scoped to, where it is scoped to one.
  public var domainID: String?
  /// Whether the token is scoped to the whole system.
  public var systemScope: Bool
  /// Role names, implied roles included.
  public var roles: Set<String>
  /// The token as it was sent, for calls to other services in the user's name.
  public var token: String
  public var expires: Timestamp
  /// The only requests the token may be used for; nil for all.
  public var accessRules: [RequestRule]?

  public init(
    userID: String, userName: String = "", userDomainID: String = "default", projectID: String? = nil,
    projectName: String? = nil, projectDomainID: String? = nil, domainID: String? = nil, systemScope: Bool = false,
    roles: Set<String>, token: String = "", expires: Timestamp = Timestamp(seconds: 0)
  ) {
    self.userID = userID
    self.userName = userName
    self.userDomainID = userDomainID
    self.projectID = projectID
    self.projectName = projectName
    self.projectDomainID = projectDomainID
    self.domainID = domainID
    self.systemScope = systemScope
    self.roles = roles
    self.token = token
    self.expires = expires
  }

  /// Nobody: the caller of routes that need no token.
  public static let anonymous = Caller(userID: "", roles: [])

  /// What the token is for; one without a scope counts as a project's, as oslo.policy has it.
  public var scope: TokenScope { systemScope ? .system : domainID != nil ? .domain : .project }

  public var isAnonymous: Bool { userID.isEmpty }
  public var isAdmin: Bool { roles.contains("admin") }

  /// The credential of that name, as policy rules speak of it.
  func credential(_ key: String) -> String? {
    switch key {
    case "user_id": userID
    case "project_id", "tenant_id", "tenant": projectID
    case "domain_id", "token.domain.id": domainID
    case "token.project.domain.id": projectDomainID
    case "user_domain_id": userDomainID
    case "project_domain_id": projectDomainID
    case "system_scope", "system": systemScope ? "all" : nil
    case "is_admin": isAdmin ? "True" : "False"
    default: nil
    }
  }
}
