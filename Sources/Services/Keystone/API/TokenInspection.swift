public import API
internal import Core
internal import JSON
internal import KeystoneModel
internal import Store

extension ReadTransaction {
  /// Everything that is to be said of a token today.
  /// - Throws: `TokenRefusal`.
  func inspect(_ payload: TokenPayload, issued: Timestamp, now: Timestamp) async throws -> ValidToken {
    let standing = try await standing(of: payload, now: now)
    let domains = [standing.userDomain.id] + [standing.domain?.id].compactMap { $0 }
    if try await isRevoked(
      payload, issued: issued, users: standing.bearers, project: standing.project, domains: domains)
    {
      throw TokenRefusal()
    }
    let issuedAt = Timestamp(seconds: issued.seconds)
    var shown: JSONObject = [
      "methods": payload.methods.names.json,
      "user": .object(describe(standing, payload)),
      "audit_ids": payload.auditIDs.json,
      "expires_at": .string(payload.expires.isoMicrosecondsZ),
      "issued_at": .string(issuedAt.isoMicrosecondsZ),
    ]
    describe(payload.scope, standing, in: &shown)
    describeDelegation(standing, in: &shown)
    let others = try await all(ServiceProvider.self, "WHERE enabled = \(true) ORDER BY id")
    if !others.isEmpty {
      shown.append(
        "service_providers",
        .array(others.map { ["auth_url": .string($0.authURL), "id": .string($0.id), "sp_url": .string($0.url)] }))
    }
    var services: JSON?
    if payload.scope != .unscoped {
      services = try await catalog(project: standing.project?.id, user: standing.trust?.trustorID ?? standing.user.id)
    }
    return ValidToken(
      payload: payload, caller: caller(payload, standing), shown: shown, catalog: services,
      hasAccessRules: !standing.rules.isEmpty, ends: standing.ends)
  }

  private func describe(_ standing: Standing, _ payload: TokenPayload) -> JSONObject {
    let user = standing.user
    var object: JSONObject = [
      "domain": ["id": .string(standing.userDomain.id), "name": .string(standing.userDomain.name)],
      "id": .string(user.id), "name": .string(user.name),
      "password_expires_at": (user.passwordExpires?.isoMicroseconds).json,
    ]
    if case .federation(let groups, let provider, let name) = payload.delegation {
      object["password_expires_at"] = nil
      object["OS-FEDERATION"] = [
        "groups": .array(groups.map { ["id": .string($0)] }), "identity_provider": ["id": .string(provider)],
        "protocol": ["id": .string(name)],
      ]
    }
    return object
  }

  private func describe(_ scope: Scope, _ standing: Standing, in shown: inout JSONObject) {
    let roles = JSON.array(standing.roles.map { ["id": .string($0.id), "name": .string($0.name)] })
    let domain: JSON = standing.domain.map { ["id": .string($0.id), "name": .string($0.name)] } ?? .null
    switch scope {
    case .unscoped: break
    case .system:
      shown.append("roles", roles)
      shown.append("system", ["all": true])
    case .domain:
      shown.append("domain", domain)
      shown.append("roles", roles)
    case .project:
      guard let project = standing.project else { return }
      shown.append("project", ["domain": domain, "id": .string(project.id), "name": .string(project.name)])
      if standing.trust == nil { shown.append("is_domain", .bool(project.isDomain)) }
      shown.append("roles", roles)
    }
  }

  private func describeDelegation(_ standing: Standing, in shown: inout JSONObject) {
    if let trust = standing.trust {
      shown.append(
        "OS-TRUST:trust",
        [
          "id": .string(trust.id), "trustor_user": ["id": .string(trust.trustorID)],
          "trustee_user": ["id": .string(trust.trusteeID)], "impersonation": .bool(trust.impersonation),
        ])
    }
    if let access = standing.access {
      shown.append(
        "OS-OAUTH1", ["access_token_id": .string(access.id), "consumer_id": .string(access.consumerID)])
    }
    if let credential = standing.credential {
      var object: JSONObject = [
        "id": .string(credential.id), "name": .string(credential.name),
        "restricted": .bool(!credential.unrestricted),
      ]
      if !standing.rules.isEmpty { object.append("access_rules", .array(standing.rules.map(\.shown))) }
      shown.append("application_credential", .object(object))
    }
  }

  private func caller(_ payload: TokenPayload, _ standing: Standing) -> Caller {
    var caller = Caller(
      userID: standing.user.id, userName: standing.user.name, userDomainID: standing.user.domainID,
      roles: Set(standing.roles.map(\.name)), expires: payload.expires)
    caller.projectID = standing.project?.id
    caller.projectName = standing.project?.name
    caller.projectDomainID = standing.project?.home
    if case .domain(let id) = payload.scope { caller.domainID = id }
    caller.systemScope = payload.scope == .system
    if !standing.rules.isEmpty {
      caller.accessRules = standing.rules.map {
        RequestRule(service: $0.service, method: $0.method, path: $0.path)
      }
    }
    return caller
  }
}

extension Keystone {
  /// The caller of a token, for this service's own endpoint.
  /// - Throws: `unauthorized`.
  public func validate(token: String) async throws -> Caller {
    guard let valid = try await valid(token) else { throw Fault.unauthorized() }
    var caller = valid.caller
    caller.token = token
    // Every service may ask with a token what it is good for. And whoever holds an EC2 key acts on the cloud with it,
    // never on who may do what there; upstream refuses that too.
    let asking = [RequestRule(service: "identity", method: "GET", path: "/v3/auth/tokens")]
    if valid.payload.methods.contains(.ec2Credential) {
      caller.accessRules = asking
    } else if let rules = caller.accessRules {
      caller.accessRules = rules + asking
    }
    return caller
  }
}
