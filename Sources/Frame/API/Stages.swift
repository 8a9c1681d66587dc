internal import Core
internal import HTTP
internal import JSON
internal import Log

extension Stage {
  private static let journal = Log("api")

  /// Gives the request its id, takes the caller's over as the global one, and names both in the answer.
  static let identifyRequest = Stage(name: "request id") { exchange, next in
    var exchange = exchange
    exchange.requestID = exchange.endpoint.world.requestID()
    let theirs = exchange.request.headers["X-Openstack-Request-Id"].flatMap { valid($0) ? $0 : nil }
    var response = try await Trace.$current.withValue(Trace(requestID: exchange.requestID, globalID: theirs)) {
      try await next(exchange)
    }
    response.headers["X-Openstack-Request-Id"] = exchange.requestID
    if let header = exchange.endpoint.service.requestIDHeader { response.headers[header] = exchange.requestID }
    return response
  }

  /// Upstream takes only ids of the form `req-UUID` over, so that nobody writes into our logs.
  private static func valid(_ id: String) -> Bool { id.hasPrefix("req-") && isUUID(id.dropFirst(4)) }

  /// One line and one observation a request.
  static let log = Stage(name: "log") { exchange, next in
    let start = exchange.endpoint.world.uptime()
    let response = try await next(exchange)
    let took = exchange.endpoint.world.uptime() - start
    let service = exchange.endpoint.service.name
    APIMetrics.observe(service: service, method: exchange.request.method, status: response.status, took: took)
    journal.info(
      "request",
      [
        "service": service, "method": exchange.request.method, "path": exchange.request.path,
        "status": response.status, "ms": Double(took.microseconds) / 1000, "peer": exchange.request.peer,
      ])
    return response
  }

  /// Turns what is thrown into the service's own form; what is no fault is a bug, and its words go to the log alone.
  static let renderFaults = Stage(name: "faults") { exchange, next in
    do { return try await next(exchange) } catch {
      let fault = Fault(wrapping: error)
      if fault.kind == .internalError || fault.kind == .unavailable {
        journal.error(fault.message, ["path": exchange.request.path, "detail": fault.detail ?? ""])
      }
      return exchange.response(to: fault)
    }
  }

  /// Chooses the microversion, and says in the answer which it was (API-SIG's microversion guideline).
  static let negotiateVersion = Stage(name: "version") { exchange, next in
    guard let versions = exchange.endpoint.service.microversions else { return try await next(exchange) }
    var exchange = exchange
    let header = "OpenStack-API-Version"
    let asked =
      exchange.request.headers.all(header).flatMap { $0.split(separator: ",") }
      .compactMap { item -> String? in
        let words = item.split(separator: " ")
        return words.count == 2 && words[0].lowercased() == versions.serviceType ? String(words[1]) : nil
      }.last ?? versions.legacyHeader.flatMap { exchange.request.headers[$0] }
    var refusal: Fault?
    switch asked {
    case nil: exchange.version = versions.minimum
    case "latest": exchange.version = versions.maximum
    case let text?:
      exchange.version = versions.minimum
      if let version = Microversion(text) {
        if version < versions.minimum || version > versions.maximum {
          refusal = Fault(
            .notAcceptable,
            "Version \(text) is not supported by the API. "
              + "Minimum is \(versions.minimum) and maximum is \(versions.maximum).")
        } else {
          exchange.version = version
        }
      } else {
        refusal = .badRequest("API Version String \(text) is of invalid format. Must be of format MajorNum.MinorNum.")
      }
    }
    var response: Response
    if let refusal {
      response = exchange.response(to: refusal)
    } else {
      response = try await inside(exchange, next)
    }
    response.headers[header] = "\(versions.serviceType) \(exchange.version)"
    if let legacy = versions.legacyHeader { response.headers[legacy] = "\(exchange.version)" }
    response.headers["Vary"] = [header, versions.legacyHeader].compactMap { $0 }.joined(separator: ", ")
    return response
  }

  /// Faults below the negotiation are rendered here too, so that they carry the version's headers.
  private static func inside(_ exchange: Exchange, _ next: Next) async throws -> Response {
    try await renderFaults.run(exchange, next)
  }

  /// Finds the rows of the path and method. What has none is refused by the next stage, which first asks for a token:
  /// strangers do not learn which paths there are.
  static let match = Stage(name: "route") { exchange, next in
    var exchange = exchange
    let method = exchange.request.method
    exchange.segments = Router.segments(exchange.request.path)
    // The roots of APIs end in a slash as they like.
    let isNone =
      exchange.endpoint.service.heedsLastSlash && exchange.segments.count > 1 && exchange.request.path.hasSuffix("/")
    guard !isNone, let rows = exchange.endpoint.router.rows(of: exchange.segments) else {
      return try await next(exchange)
    }
    guard let found = Router.rows(rows, method) else {
      if rows.values.joined().allSatisfy(\.isOpen) { return notAllowed(exchange, rows.keys.sorted()) }
      exchange.otherMethods = rows.keys.sorted()
      return try await next(exchange)
    }
    exchange.candidates = found
    if exchange.endpoint.service.microversions != nil, !found.allSatisfy({ $0.span.contains(exchange.version) }) {
      exchange.candidates = found.filter { $0.span.contains(exchange.version) }
    }
    return try await next(exchange)
  }

  private static func notAllowed(_ exchange: Exchange, _ methods: [String]) -> Response {
    var response = exchange.response(
      to: Fault(.methodNotAllowed, "The method \(exchange.request.method) is not allowed for this resource."))
    response.headers["Allow"] = methods.joined(separator: ", ")
    return response
  }

  /// Learns who asks. Only rows that are open to all need no token.
  static let authenticateCaller = Stage(name: "token") { exchange, next in
    var exchange = exchange
    if !exchange.candidates.isEmpty, exchange.candidates.allSatisfy(\.isOpen) { return try await next(exchange) }
    guard let token = exchange.request.headers["X-Auth-Token"], !token.isEmpty else { throw Fault.unauthorized() }
    let caller = try await caller(of: token, exchange)
    if let rules = caller.accessRules {
      let (request, service) = (exchange.request, exchange.endpoint.service.name)
      guard rules.contains(where: { $0.allows(request, to: service) }) else {
        throw Fault.unauthorized("The application credential's access rules do not allow this request.")
      }
    }
    if !exchange.otherMethods.isEmpty { return notAllowed(exchange, exchange.otherMethods) }
    if exchange.candidates.isEmpty { throw Fault.notFound("The resource could not be found.") }
    exchange.caller = caller
    guard var trace = Trace.current else { return try await next(exchange) }
    trace.user = caller.userID
    trace.project = caller.projectID
    return try await Trace.$current.withValue(trace) { try await next(exchange) }
  }

  /// Refuses a URL that names another project than the token, administrators' too: what such a request would be about
  /// is not what its URL says.
  static let checkProject = Stage(name: "project") { exchange, next in
    if let refusal = exchange.endpoint.service.otherProject, let row = exchange.candidates.first, !row.isOpen,
      let project = Router.parameters(of: row, in: exchange.segments)["project_id"],
      project != exchange.caller.projectID
    {
      throw refusal(project, exchange.caller.projectID)
    }
    return try await next(exchange)
  }

  /// The caller of a token. One that has ended counts where a service vouches, with its own token, that it acts for its
  /// user in something that began before.
  private static func caller(of token: String, _ exchange: Exchange) async throws -> Caller {
    do { return try await exchange.endpoint.authenticate(token) } catch let fault as Fault
      where fault.kind == .unauthorized
    {
      guard let late = exchange.endpoint.authenticateLate,
        let service = exchange.request.headers["X-Service-Token"], !service.isEmpty,
        let voucher = try? await exchange.endpoint.authenticate(service), voucher.roles.contains("service")
      else { throw fault }
      return try await late(token, service)
    }
  }

  /// Refuses whom no object whatever could let in; the rest is decided where the object is fetched.
  static let checkPolicy = Stage(name: "policy") { exchange, next in
    var exchange = exchange
    if exchange.candidates.contains(where: { $0.action != nil }) { return try await next(exchange) }
    exchange.row = exchange.candidates.first
    try requireRole(exchange)
    return try await next(exchange)
  }

  private static func requireRole(_ exchange: Exchange) throws {
    guard let row = exchange.row, !row.isOpen else { return }
    guard row.scopes.contains(exchange.caller.scope) else {
      throw Fault.forbidden(
        "\(row.rule) does not work with a token of this scope. Use one that is scoped to "
          + row.scopes.map { "\($0)" }.sorted().joined(separator: " or ") + ".")
    }
    if exchange.endpoint.policies.decide(row.rule, exchange.caller, target: nil) == false {
      throw Fault.forbidden("Policy doesn't allow \(row.rule) to be performed.")
    }
  }

  /// Reads the body as the row's input wants it, and picks the row of an action by the body's key.
  static let readBody = Stage(name: "input") { exchange, next in
    var exchange = exchange
    let limits = exchange.candidates.map(\.reads)
    guard case .json(let limit)? = exchange.row?.reads ?? limits.first else { return try await next(exchange) }
    let bytes = try await exchange.request.body.collect(limit: limit)
    if !bytes.isEmpty {
      let isTyped = !exchange.endpoint.service.untypedMethods.contains(exchange.request.method)
      if isTyped, let type = exchange.request.headers["Content-Type"], !type.isEmpty,
        !type.lowercased().contains("json")
      {
        throw Fault(.unsupportedMedia, "Unsupported Content-Type \(type). Send the body as application/json.")
      }
      exchange.body = try JSON(parsing: bytes)
    }
    if exchange.row == nil {
      guard let object = exchange.body.object, object.count == 1 else {
        throw Fault.badRequest("Malformed request body: it must be an object with the name of one action.")
      }
      guard let row = exchange.candidates.first(where: { $0.action.map { object[$0] != nil } ?? false }) else {
        throw Fault.badRequest("There is no such action: \(object.keys.joined(separator: ", "))")
      }
      exchange.row = row
      try requireRole(exchange)
    }
    return try await next(exchange)
  }
}
