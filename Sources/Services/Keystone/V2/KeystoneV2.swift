// KeystoneV2: the identity API v2.0, as clients of 2012 to 2016 speak it, in front of v3.
//
// It keeps nothing and decides next to nothing: every request becomes one or a few requests of v3, asked of v3's own
// pipeline in this process and in the caller's name, and v3's answers are put into v2.0's words. So there is one store,
// one set of policies, one check of passwords and one revocation, whichever year's client asks; and v2.0 can stand in
// front of any v3, ours or another's. It imports no record and no table, and must not.
//
// v2.0 knows one domain, the default one: users and projects of others are not there.

public import API
internal import Core
public import HTTP

/// Where v2.0 says that it is, and whom it knows.
public struct KeystoneV2Options: Sendable {
  /// The identity service as v3's catalogue names it: `http://host:5000/v3`. Tokens of v2.0 show the two below instead.
  public var versionThreeURL = "http://127.0.0.1:5000/v3"
  public var publicURL = "http://127.0.0.1:5000/v2.0"
  public var adminURL = "http://127.0.0.1:35357/v2.0"
  public var defaultDomainID = "default"

  public init() {}
}

/// The identity API v2.0: what its handlers are given.
public struct KeystoneV2: Sendable {
  /// Which of the two ports is asked: v2.0 kept what changes things away from the public one, and gives `GET /tenants`
  /// a meaning on each.
  public enum Face: String, Sendable, CaseIterable { case `public`, admin }

  let v3: Handler
  public let options: KeystoneV2Options

  /// - Parameter v3: the pipeline of the identity API v3.
  public init(over v3: @escaping Handler, options: KeystoneV2Options = KeystoneV2Options()) {
    self.v3 = v3
    self.options = options
  }

  /// v2.0 on one of its ports, for an `Endpoint` whose `authenticate` is v3's.
  public func api(_ face: Face) -> APIService {
    let tables: [Routes<KeystoneV2>] =
      switch face {
      case .public: [Tokens.routes, Tenants.ownRoutes, EC2.routes, OwnPassword.routes, Extensions.publicRoutes]
      case .admin:
        [
          Tokens.routes, Tenants.routes, Users.routes, Roles.routes, UserRoles.routes, Services.routes,
          Endpoints.routes, EC2.routes, EC2.s3Routes, Extensions.adminRoutes,
        ]
      }
    return APIService(
      face == .public ? "keystone-v2" : "keystone-v2-admin", faults: .keystone,
      routes: Versions.routes.bound(to: self, at: [""]) + tables.flatMap { $0.bound(to: self, at: ["/v2.0"]) })
  }

  /// Everything that one port of the identity service answers: v2.0 here, the rest by v3.
  /// - Parameter v2: the handler of `api(_:)`'s endpoint.
  public static func port(_ v2: @escaping Handler, besides v3: @escaping Handler) -> Handler {
    { request in
      let first = request.path.dropFirst().prefix { $0 != "/" }
      guard first.isEmpty || first == "v2.0" else { return await v3(request) }
      if let refusal = refusalOfXML(request) { return refusal }
      return await v2(request)
    }
  }
}
