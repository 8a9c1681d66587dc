public import Core
public import HTTP
internal import JSON
internal import Log

/// A service's API as one value: everything the pipeline must know of it.
public struct APIService: Sendable {
  /// The name in logs and metrics: `nova`.
  public let name: String
  public let faults: FaultStyle
  /// nil for services without microversions.
  public let microversions: Microversions?
  /// The header of the request id besides `X-Openstack-Request-Id` (`X-Compute-Request-Id`).
  public let requestIDHeader: String?
  /// Whether `fields=` picks the keys of answers (neutron).
  public let selectsFields: Bool
  /// How a `{project_id}` in the URL is refused that is not the token's project; nil for services without one.
  public let otherProject: OtherProject?
  /// Whether a path with a slash at its end is another path, and none: `/v2/images/` is an image without an id.
  public let heedsLastSlash: Bool
  /// Methods whose bodies are read as JSON whatever their type says: `curl -d` calls everything a form.
  public let untypedMethods: Set<String>
  public let routes: [BoundRoute]
  /// Rules that rows refer to, and operators may name, beside those of the rows.
  public let rules: [(name: String, policy: Policy)]

  /// Makes the refusal from the project in the URL and the token's; nil is a token of no project.
  public typealias OtherProject = @Sendable (_ inURL: String, _ inToken: String?) -> Fault

  public init(
    _ name: String, faults: FaultStyle, microversions: Microversions? = nil, requestIDHeader: String? = nil,
    selectsFields: Bool = false, heedsLastSlash: Bool = false, untypedMethods: Set<String> = [],
    otherProject: OtherProject? = nil,
    rules: [(name: String, policy: Policy)] = [], routes: [BoundRoute]
  ) {
    self.rules = rules
    self.name = name
    self.faults = faults
    self.microversions = microversions
    self.requestIDHeader = requestIDHeader
    self.selectsFields = selectsFields
    self.heedsLastSlash = heedsLastSlash
    self.untypedMethods = untypedMethods
    self.otherProject = otherProject
    self.routes = routes
  }
}

/// What every request of a service goes through, from the socket to the handler and back.
///
/// The stages stand in `stages`, outermost first; nothing else touches a request.
public struct Endpoint: Sendable {
  public let service: APIService
  public let policies: PolicyBook
  let router: Router
  let world: World
  let authenticate: @Sendable (_ token: String) async throws -> Caller
  let authenticateLate: (@Sendable (_ token: String, _ service: String) async throws -> Caller)?
  /// Where clients get tokens, for `WWW-Authenticate`.
  let identityURL: String

  /// - Parameters:
  ///   - authenticateLate: the caller of a token that may have ended while a service worked for its user, given that
  ///     service's own token; nil where ended tokens are never taken.
  ///   - authenticate: the caller of a token; throws `unauthorized` for one that is not valid.
  /// - Throws: a fault for rows of one method and path whose versions overlap, and for rules that cannot be read.
  public init(
    _ service: APIService, world: World, identityURL: String, overrides: [String: String] = [:],
    authenticateLate: (@Sendable (_ token: String, _ service: String) async throws -> Caller)? = nil,
    authenticate: @escaping @Sendable (_ token: String) async throws -> Caller
  ) throws {
    self.service = service
    self.world = world
    self.identityURL = identityURL
    self.authenticate = authenticate
    self.authenticateLate = authenticateLate
    try Self.checkDisjoint(service.routes)
    router = Router(service.routes + [OpenAPI.route(of: service)])
    policies = try PolicyBook(
      defaults: service.rules + service.routes.map { (name: $0.rule, policy: $0.policy) }, overrides: overrides)
  }

  private static func checkDisjoint(_ routes: [BoundRoute]) throws {
    let groups = Dictionary(grouping: routes) { row in
      let path = row.segments.map { $0.hasPrefix("{") ? "{}" : $0 }.joined(separator: "/")
      return "\(row.method) /\(path) \(row.action ?? "")"
    }
    for (what, rows) in groups {
      for (i, a) in rows.enumerated() {
        for b in rows[(i + 1)...] where a.span.overlaps(b.span) {
          throw Fault.internalError("Two rows of \(what) exist in the same version; give one an `until:`.")
        }
      }
    }
  }
  static let stages: [Stage] = [
    .identifyRequest, .log, .renderFaults, .negotiateVersion, .match, .authenticateCaller, .checkProject, .checkPolicy,
    .readBody,
  ]

  /// The handler to give to a server, or to `LocalTransport`.
  public var handler: Handler {
    let run = Self.stages.reversed().reduce(Self.callHandler) { next, stage in
      { exchange in try await stage.run(exchange, next) }
    }
    return { request in
      let exchange = Exchange(request: request, endpoint: self)
      do { return try await run(exchange) } catch {
        return exchange.response(to: Fault(wrapping: error))
      }
    }
  }

  private static let callHandler: Next = { exchange in
    guard let row = exchange.row else { throw Fault.notFound("The resource could not be found.") }
    return try await row.run(exchange.incoming(for: row))
  }
}

/// A request on its way, with all that the stages have found out.
struct Exchange: Sendable {
  var request: Request
  let endpoint: Endpoint
  var requestID = ""
  var version = Microversion(1, 0)
  var segments: [String] = []
  /// The rows that the path and method leave; one is chosen by version, and by the body's key for actions.
  var candidates: [BoundRoute] = []
  /// The methods of a path that does not have the one that was asked for.
  var otherMethods: [String] = []
  var row: BoundRoute?
  var caller = Caller.anonymous
  var body = JSON.null

  init(request: Request, endpoint: Endpoint) {
    self.request = request
    self.endpoint = endpoint
  }

  var baseURL: String {
    let scheme = request.headers["X-Forwarded-Proto"] ?? "http"
    return "\(scheme)://\(request.headers["Host"] ?? "localhost")\(request.headers["X-Forwarded-Prefix"] ?? "")"
  }

  func incoming(for row: BoundRoute) -> Incoming {
    let path = Router.parameters(of: row, in: segments)
    var mount = row.mount
    if mount.utf8.contains(UInt8(ascii: "{")) {
      for (name, value) in path { mount = mount.replacing("{\(name)}", with: percentEncode(value)) }
    }
    let fields = endpoint.service.selectsFields ? Set(request.query.filter { $0.name == "fields" }.map(\.value)) : []
    return Incoming(
      request: request, path: path, body: body, caller: caller, version: version, baseURL: baseURL, mount: mount,
      requestID: requestID, rule: row.rule, fields: fields.isEmpty ? nil : fields, policies: endpoint.policies)
  }

  func response(to fault: Fault) -> Response {
    let style = endpoint.service.faults
    let status = style.status(of: fault.kind)
    var shown = fault
    if fault.kind == .internalError { shown.message += " (request \(requestID))" }
    let asked = FaultStyle.Asked(requestID: requestID, accept: request.headers["Accept"] ?? "")
    let (type, bytes) = style.body(shown, status, asked)
    var response = Response(status: status, headers: ["Content-Type": type], body: .bytes(bytes))
    if fault.kind == .unauthorized {
      response.headers["WWW-Authenticate"] = "Keystone uri=\"\(endpoint.identityURL)\""
    }
    return response
  }
}

typealias Next = @Sendable (Exchange) async throws -> Response

/// One stage of the pipeline: it may change the exchange, answer itself, or change the answer.
struct Stage: Sendable {
  let name: String
  let run: @Sendable (Exchange, Next) async throws -> Response
}
