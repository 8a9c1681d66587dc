public import Core
public import HTTP
public import JSON

/// One request that has passed the gate: matched, authenticated, allowed by role, its body read.
public struct Incoming: Sendable {
  public let request: Request
  /// The path's parameters, decoded.
  public let path: [String: String]
  /// The body where the route's input reads JSON; null otherwise.
  public let body: JSON
  public let caller: Caller
  /// The microversion in force; the service's first where it has none.
  public let version: Microversion
  /// `http://host:port` with the prefix under which the API is mounted; links begin with it.
  public let baseURL: String
  /// The mount that matched, with the project's id filled in: `/v2.1`.
  public let mount: String
  public let requestID: String
  /// The rule of the matched row, by its full name.
  public let rule: String
  /// The keys that the caller wants to see; nil for all (neutron's `fields`).
  public let fields: Set<String>?
  let policies: PolicyBook

  /// The `{id}` in the path.
  public var id: String { path["id"] ?? "" }
  public func query(_ name: String) -> String? { request.query(name) }
  /// All values of a query parameter that may be repeated.
  public func queries(_ name: String) -> [String] { request.query.filter { $0.name == name }.map(\.value) }

  /// Whether the row's rule (or another, by its full name) lets the caller do this to an object with these attributes.
  public func permits(_ target: [String: String], rule other: String? = nil) -> Bool {
    policies.decide(other ?? rule, caller, target: target) ?? false
  }
  /// Whether the caller may do this to every project's objects; lists of others are filtered in SQL.
  public var permitsEveryProject: Bool { permits(["project_id": "\u{0}", "user_id": "\u{0}"]) }

  /// The one place that decides between 403 and 404: an object of another project does not exist for the caller.
  /// - Throws: `missing` when the caller must not know of the object, `forbidden` when he may not do this to it.
  public func require(_ target: [String: String], else missing: @autoclosure () -> Fault) throws {
    if permits(target) { return }
    guard let project = target["project_id"], project == caller.projectID || caller.isAdmin else { throw missing() }
    throw Fault.forbidden("Policy doesn't allow \(rule) to be performed.")
  }
}

/// An `Incoming` together with the service that is asked; what handlers receive.
@dynamicMemberLookup
public struct Call<Service: Sendable>: Sendable {
  public let service: Service
  public let incoming: Incoming
  public init(service: Service, incoming: Incoming) {
    self.service = service
    self.incoming = incoming
  }
  public subscript<T>(dynamicMember path: KeyPath<Incoming, T>) -> T { incoming[keyPath: path] }
  public func query(_ name: String) -> String? { incoming.query(name) }
  public func queries(_ name: String) -> [String] { incoming.queries(name) }
  public func permits(_ target: [String: String], rule: String? = nil) -> Bool { incoming.permits(target, rule: rule) }
  public func require(_ target: [String: String], else missing: @autoclosure () -> Fault) throws {
    try incoming.require(target, else: missing())
  }
  /// The caller's project.
  /// - Throws: `forbidden` for tokens that are scoped to none.
  public func project() throws -> String {
    guard let project = incoming.caller.projectID else {
      throw Fault.forbidden(
        "This request needs a token that is scoped to a project. Authenticate with one and try again.")
    }
    return project
  }
}

/// How much of a request's body an input wants.
public enum BodyReading: Sendable, Equatable {
  /// None; what is sent is ignored.
  case none
  /// The whole body as JSON, at most `limit` bytes; nothing at all is null.
  case json(limit: Int)
  /// The handler reads `request.body` itself.
  case stream

  public static let json = BodyReading.json(limit: 1 << 20)
}

/// What a handler is given, made and checked before it runs.
public protocol Input: Sendable {
  static var reads: BodyReading { get }
  /// What the body looks like; nil where only the handler knows.
  static var bodySchema: JSONSchema? { get }
  init(from incoming: Incoming) throws
}

/// What a handler gives back, rendered for who asked.
public protocol Output: Sendable {
  /// What the body of the answer looks like; nil where only the handler knows.
  /// - Parameter view: the view that the route's table names for its resource.
  static func answerSchema(by view: UsualView?) -> JSONSchema?
  /// Whether it is a page of a list, which `limit`, `marker` and sort keys choose.
  static var isPage: Bool { get }
  func response(to incoming: Incoming, status: Int) throws -> Response
}

extension Input {
  public static var bodySchema: JSONSchema? { nil }
}
extension Output {
  public static func answerSchema(by view: UsualView?) -> JSONSchema? { nil }
  public static var isPage: Bool { false }
}

/// No input, or no body in the answer.
public struct Nothing: Input, Output {
  public static var reads: BodyReading { .none }
  public init() {}
  public init(from incoming: Incoming) throws {}
  public func response(to incoming: Incoming, status: Int) -> Response { Response(status: status) }
}

/// The body as a stream, for uploads; read from `call.request.body`.
public struct RawBody: Input {
  public static var reads: BodyReading { .stream }
  public init(from incoming: Incoming) throws {}
}

extension JSON: Input, Output {
  public static var bodySchema: JSONSchema? { .any }
  public static func answerSchema(by view: UsualView?) -> JSONSchema? { .any }
  public static var reads: BodyReading { .json }
  public init(from incoming: Incoming) throws { self = incoming.body }
  public func response(to incoming: Incoming, status: Int) -> Response {
    Response(status: status, headers: ["Content-Type": "application/json"], body: .bytes(bytes))
  }
}

extension Response: Output {
  public func response(to incoming: Incoming, status: Int) -> Response { self }
}
