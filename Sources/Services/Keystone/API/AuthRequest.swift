internal import Core
internal import JSON

/// How a request refers to a user, project or domain: by id, or by name within a domain.
struct Reference: Sendable, Equatable {
  var id: String?
  var name: String?
  var domainID: String?
  var domainName: String?

  init(id: String) { self.id = id }

  /// - Throws: `badRequest` when neither id nor name and domain are there.
  init(_ json: JSON?, _ what: String, needsDomain: Bool = true) throws {
    guard let object = json?.object else { throw missing(what, "auth") }
    id = try text(object["id"], "id", what)
    name = try text(object["name"], "name", what)
    guard id != nil || name != nil else { throw missing("id or name", what) }
    guard name != nil, needsDomain else { return }
    if let domain = object["domain"] {
      domainID = try text(domain["id"], "id", "domain")
      domainName = try text(domain["name"], "name", "domain")
    }
    if id == nil, domainID == nil, domainName == nil { throw missing("domain", what) }
  }
}

/// The body of `POST /v3/auth/tokens`.
struct AuthRequest: Sendable {
  enum Method: Sendable {
    case password(Reference, String)
    case token(String)
    case applicationCredential(id: String?, name: String?, user: Reference?, secret: String)
    case totp(Reference, String)
    /// Everything that matters is in the request's headers.
    case oauth
    /// An identity provider's word, in the request's headers; with the name of the method.
    case voucher(Voucher, String)
  }
  enum ScopeRequest: Sendable {
    case none, unscoped, system
    case project(Reference)
    case domain(Reference)
    case trust(String)

    var isOfProjectOrDomain: Bool {
      switch self {
      case .project, .domain: true
      default: false
      }
    }
  }
  var methods: [Method] = []
  var scope = ScopeRequest.none

  /// A login at the provider's own path.
  init(voucher: Voucher, method: String) { methods = [.voucher(voucher, method)] }

  /// - Throws: `badRequest` for a body of the wrong form, `unauthorized` for methods this service does not know.
  init(_ body: JSON) throws {
    guard let auth = body["auth"], auth.object != nil else { throw missing("auth", "request body") }
    guard let identity = auth["identity"], identity.object != nil else { throw missing("identity", "auth") }
    guard let names = identity["methods"]?.array, !names.isEmpty else { throw missing("methods", "identity") }
    var seen: Set<String> = []
    for name in names {
      guard let name = name.string else { throw Fault.badRequest("\(name) is not of type 'string'") }
      if seen.insert(name).inserted { methods.append(try Self.method(name, identity)) }
    }
    scope = try Self.scope(auth["scope"])
    if seen.contains("application_credential"), auth["scope"] != nil {
      throw Fault.unauthorized(
        "Error authenticating with application credential: Application credentials cannot request a scope.")
    }
  }

  private static let known: Set<String> = [
    "password", "token", "application_credential", "totp", "oauth1", "mapped", "openid", "saml2",
  ]

  private static func method(_ name: String, _ identity: JSON) throws -> Method {
    guard Self.known.contains(name) else {
      throw Fault.unauthorized("Attempted to authenticate with an unsupported method.")
    }
    guard let given = identity[name], given.object != nil else { throw missing(name, "identity") }
    switch name {
    case "password":
      let user = try Reference(given["user"], "user")
      guard let password = given["user"]?["password"]?.string else { throw missing("password", "user") }
      return .password(user, password)
    case "totp":
      let user = try Reference(given["user"], "user")
      guard let code = given["user"]?["passcode"], let text = code.string ?? code.int.map(String.init) else {
        throw missing("passcode", "user")
      }
      return .totp(user, text)
    case "oauth1": return .oauth
    case "mapped", "openid", "saml2":
      if let id = try text(given["id"], "id", name) { return .token(id) }
      guard let provider = try text(given["identity_provider"], "identity_provider", name) else {
        throw missing("identity_provider", name)
      }
      guard let label = try text(given["protocol"], "protocol", name) else { throw missing("protocol", name) }
      return .voucher(Voucher(provider: provider, protocolName: label), name)
    case "token":
      guard let id = given["id"]?.string else { throw missing("id", "token") }
      return .token(id)
    default:
      guard let secret = given["secret"]?.string else { throw missing("secret", "application_credential") }
      let id = try text(given["id"], "id", name)
      let user = try id == nil ? Reference(given["user"], "user") : nil
      let label = try text(given["name"], "name", name)
      guard id != nil || label != nil else { throw missing("name or ID", "application credential") }
      return .applicationCredential(id: id, name: label, user: user, secret: secret)
    }
  }

  private static func scope(_ json: JSON?) throws -> ScopeRequest {
    guard let json, !json.isNull else { return .none }
    if json.string == "unscoped" { return .unscoped }
    guard let object = json.object else { throw missing("scope", "auth") }
    let kinds = ["project", "domain", "unscoped", "system", "OS-TRUST:trust"].filter { object[$0] != nil }
    guard kinds.count == 1, let kind = kinds.first else {
      throw missing("system, project, domain, OS-TRUST:trust or unscoped", "scope")
    }
    switch kind {
    case "project": return .project(try Reference(object[kind], kind))
    case "domain": return .domain(try Reference(object[kind], kind, needsDomain: false))
    case "system":
      guard object[kind]?["all"]?.bool == true else { throw missing("all", "system") }
      return .system
    case "unscoped": return .unscoped
    default:
      guard let id = object[kind]?["id"]?.string else { throw missing("trust_id", "trust") }
      return .trust(id)
    }
  }
}

/// Upstream's words for a part that a request must have.
func missing(_ attribute: String, _ target: String) -> Fault {
  .badRequest(
    "Expecting to find \(attribute) in \(target). The server could not comply with the request since it is either "
      + "malformed or otherwise incorrect. The client is assumed to be in error.")
}

private func text(_ json: JSON?, _ key: String, _ what: String) throws -> String? {
  guard let json, !json.isNull else { return nil }
  guard let text = json.string else {
    throw Fault.badRequest("Invalid input for field '\(what)/\(key)': \(json) is not of type 'string'")
  }
  return text
}
