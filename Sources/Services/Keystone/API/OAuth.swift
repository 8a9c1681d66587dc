internal import API
internal import Core
internal import HTTP
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/OS-OAUTH1/request_token`, `authorize` and `access_token`: how a consumer gets a user's leave (OAuth 1.0a).
enum OAuth {
  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .post("/OS-OAUTH1/request_token", "create_request_token", request, allow: .open),
      .put("/OS-OAUTH1/authorize/{id}", "authorize_request_token", authorize, allow: .admin),
      .post("/OS-OAUTH1/access_token", "create_access_token", access, allow: .open),
    ])

  /// The address that the client signed.
  static func url(_ call: Call<Keystone>) -> String { call.baseURL + call.request.path }

  private static func form(_ id: String, _ secret: String, _ expires: Timestamp?) -> Response {
    var text = "oauth_token=\(id)&oauth_token_secret=\(secret)"
    if let expires { text += "&oauth_expires_at=\(expires.isoMicrosecondsZ)" }
    return Response(
      status: 201, headers: ["Content-Type": "application/x-www-form-urlencoded"], body: .bytes(Array(text.utf8)))
  }

  static func request(_ call: Call<Keystone>, _: Nothing) async throws -> Response {
    let signature = try OAuthSignature(call.request)
    guard let id = signature["oauth_consumer_key"] else { throw missing("oauth_consumer_key", "request") }
    guard let project = call.request.headers["Requested-Project-Id"] else {
      throw missing("Requested-Project-Id", "request")
    }
    let service = call.service
    let consumer = try await service.store.read { transaction in
      _ = try await transaction.existingProject(project)
      return try await transaction.existingConsumer(id)
    }
    guard
      signature.isRight(
        method: "POST", url: url(call), query: call.request.query, consumerSecret: consumer.secret, tokenSecret: "")
    else { throw Fault.unauthorized("Invalid signature") }
    var token = RequestToken()
    token.id = service.world.hexID()
    token.secret = service.world.hexID()
    token.consumerID = id
    token.projectID = project
    let lifetime = service.options.requestTokenLifetime
    if lifetime > .zero { token.expires = service.world.now() + lifetime }
    let added = token
    try await service.change { try await $0.insert(added) }
    return form(token.id, token.secret, token.expires)
  }

  /// The user's leave: for the roles he names, each of which he must have on the project.
  static func authorize(_ call: Call<Keystone>, _ body: JSON) async throws -> JSON {
    let id = call.id
    guard let roles = body["roles"]?.array, !roles.isEmpty else {
      throw Fault.badRequest("Invalid input for field/attribute roles. It must not be empty.")
    }
    let service = call.service
    let valid = try await service.valid(call.incoming.caller.token)
    guard let valid, case .none = valid.payload.delegation else {
      throw Fault.forbidden("Cannot authorize a request token with a token issued via delegation.")
    }
    let user = valid.payload.userID
    let now = service.world.now()
    let verifier = String(service.world.hexID().prefix(8))
    try await service.change { transaction in
      guard var token = try await transaction.get(RequestToken.self, id) else {
        throw Fault.notFound("Could not find request token: \(id).")
      }
      guard token.expires.map({ now < $0 }) ?? true else { throw Fault.unauthorized("Request token is expired") }
      let wanted = try await transaction.roleIDs(roles)
      let project = try await transaction.existingProject(token.projectID)
      let held = Set(try await transaction.roles(of: user, onProject: project).map(\.id))
      guard held.isSuperset(of: wanted) else {
        throw Fault.unauthorized("authorizing user does not have role required")
      }
      token.userID = user
      token.roleIDs = wanted
      token.verifier = verifier
      try await transaction.update(token)
    }
    return ["token": ["oauth_verifier": .string(verifier)]]
  }

  static func access(_ call: Call<Keystone>, _: Nothing) async throws -> Response {
    let signature = try OAuthSignature(call.request)
    let names = ["oauth_consumer_key", "oauth_token", "oauth_verifier"]
    for name in names where signature[name] == nil { throw missing(name, "request") }
    let (consumerID, id) = (signature["oauth_consumer_key"] ?? "", signature["oauth_token"] ?? "")
    let service = call.service
    let now = service.world.now()
    let fresh = (service.world.hexID(), service.world.hexID())
    let lifetime = service.options.accessTokenLifetime
    let address = url(call)
    let added = try await service.change { transaction in
      guard let token = try await transaction.get(RequestToken.self, id) else {
        throw Fault.notFound("Could not find request token: \(id).")
      }
      guard token.expires.map({ now < $0 }) ?? true else { throw Fault.unauthorized("Request token is expired") }
      guard let consumer = try await transaction.get(Consumer.self, consumerID), token.consumerID == consumerID else {
        throw Fault.unauthorized("Provided consumer key does not match stored consumer key.")
      }
      guard token.verifier == signature["oauth_verifier"] else {
        throw Fault.unauthorized("Provided verifier does not match stored verifier")
      }
      guard
        signature.isRight(
          method: "POST", url: address, query: call.request.query, consumerSecret: consumer.secret,
          tokenSecret: token.secret)
      else { throw Fault.unauthorized("Invalid signature") }
      guard let user = token.userID else {
        throw Fault.unauthorized("Request Token does not have an authorizing user id.")
      }
      var access = AccessToken()
      (access.id, access.secret) = fresh
      access.consumerID = consumerID
      access.projectID = token.projectID
      access.userID = user
      access.roleIDs = token.roleIDs
      if lifetime > .zero { access.expires = now + lifetime }
      try await transaction.insert(access)
      try await transaction.delete(token)
      return access
    }
    return form(added.id, added.secret, added.expires)
  }
}

extension Keystone {
  /// The method `oauth1`: a request that is signed with an access token.
  func checkAccessToken(_ call: Call<Keystone>) async throws -> Authenticated {
    let signature = try OAuthSignature(call.request)
    guard let id = signature["oauth_token"] else { throw missing("oauth_token", "request") }
    let now = world.now()
    let found = try await store.read { transaction -> (AccessToken, Consumer)? in
      guard let access = try await transaction.get(AccessToken.self, id),
        let consumer = try await transaction.get(Consumer.self, access.consumerID)
      else { return nil }
      return (access, consumer)
    }
    guard let (access, consumer) = found, signature["oauth_consumer_key"] == consumer.id else {
      throw Fault.unauthorized("Could not validate the access token")
    }
    guard access.expires.map({ now < $0 }) ?? true else { throw Fault.unauthorized("Access token is expired") }
    guard
      signature.isRight(
        method: "POST", url: OAuth.url(call), query: call.request.query, consumerSecret: consumer.secret,
        tokenSecret: access.secret)
    else { throw Fault.unauthorized("Could not validate the access token") }
    return Authenticated(
      userID: access.userID, methods: .oauth1, delegation: .accessToken(access.id),
      scope: .project(access.projectID))
  }
}
