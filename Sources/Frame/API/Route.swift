public import HTTP
public import JSON

/// One row of an API: what can be asked, by whom, since when, and what answers.
public struct Route<Service: Sendable>: Sendable {
  public let method: String
  /// `/servers/{id}`; a segment in braces is a parameter.
  public let path: String
  /// The key of the body that picks this row among those of its path (`os-start`); nil for ordinary rows.
  public let action: String?
  /// The policy rule's name; a row's own part is appended to the table's prefix.
  public var rule: String
  public let policy: Policy
  public let span: Span
  public let status: Int
  public let reads: BodyReading
  /// What goes in and comes out, for the API's description.
  public var forms: RouteForms
  /// The kinds of tokens with which it may be asked at all, whatever their roles.
  public var scopes = Set(TokenScope.allCases)
  let run: @Sendable (Call<Service>) async throws -> Response

  static func make<I: Input, O: Output>(
    _ method: String, _ path: String, _ action: String?, _ rule: String, _ policy: Policy, _ span: Span, _ status: Int,
    _ query: [QueryKey], _ shows: JSONSchema?, _ handler: @escaping @Sendable (Call<Service>, I) async throws -> O
  ) -> Self {
    Route(
      method: method, path: path, action: action, rule: rule, policy: policy, span: span, status: status,
      reads: action == nil ? I.reads : .json,
      forms: RouteForms(I.self, O.self, action: action, query: query, shows: shows)
    ) { call in
      let output = try await handler(call, I(from: call.incoming))
      return try output.response(to: call.incoming, status: status)
    }
  }

  // `query` names the parameters that the handler reads beside those of every page; `shows` says what the answer looks
  // like where its type does not: a view that is not its model's usual one.

  public typealias Handling<I, O> = @Sendable (Call<Service>, I) async throws -> O

  public static func get<I: Input, O: Output>(
    _ path: String, _ rule: String, _ handler: @escaping Handling<I, O>, allow: Policy, since: Microversion? = nil,
    until: Microversion? = nil, status: Int = 200, query: [QueryKey] = [], shows: JSONSchema? = nil
  ) -> Self {
    make("GET", path, nil, rule, allow, Span(since: since, until: until), status, query, shows, handler)
  }
  public static func head<I: Input, O: Output>(
    _ path: String, _ rule: String, _ handler: @escaping Handling<I, O>, allow: Policy, since: Microversion? = nil,
    until: Microversion? = nil, status: Int = 204, query: [QueryKey] = [], shows: JSONSchema? = nil
  ) -> Self {
    make("HEAD", path, nil, rule, allow, Span(since: since, until: until), status, query, shows, handler)
  }
  public static func post<I: Input, O: Output>(
    _ path: String, _ rule: String, _ handler: @escaping Handling<I, O>, allow: Policy, since: Microversion? = nil,
    until: Microversion? = nil, status: Int = 201, query: [QueryKey] = [], shows: JSONSchema? = nil
  ) -> Self {
    make("POST", path, nil, rule, allow, Span(since: since, until: until), status, query, shows, handler)
  }
  public static func put<I: Input, O: Output>(
    _ path: String, _ rule: String, _ handler: @escaping Handling<I, O>, allow: Policy, since: Microversion? = nil,
    until: Microversion? = nil, status: Int = 200, query: [QueryKey] = [], shows: JSONSchema? = nil
  ) -> Self {
    make("PUT", path, nil, rule, allow, Span(since: since, until: until), status, query, shows, handler)
  }
  public static func patch<I: Input, O: Output>(
    _ path: String, _ rule: String, _ handler: @escaping Handling<I, O>, allow: Policy, since: Microversion? = nil,
    until: Microversion? = nil, status: Int = 200, query: [QueryKey] = [], shows: JSONSchema? = nil
  ) -> Self {
    make("PATCH", path, nil, rule, allow, Span(since: since, until: until), status, query, shows, handler)
  }
  public static func delete<I: Input, O: Output>(
    _ path: String, _ rule: String, _ handler: @escaping Handling<I, O>, allow: Policy, since: Microversion? = nil,
    until: Microversion? = nil, status: Int = 204, query: [QueryKey] = [], shows: JSONSchema? = nil
  ) -> Self {
    make("DELETE", path, nil, rule, allow, Span(since: since, until: until), status, query, shows, handler)
  }
  /// A row of `POST …/action`, picked by the body's key.
  public static func action<I: Input, O: Output>(
    _ path: String, _ action: String, _ rule: String, _ handler: @escaping Handling<I, O>, allow: Policy,
    since: Microversion? = nil, until: Microversion? = nil, status: Int = 202, shows: JSONSchema? = nil
  ) -> Self { make("POST", path, action, rule, allow, Span(since: since, until: until), status, [], shows, handler) }
}

/// A table of rows with the prefix of their rules.
public struct Routes<Service: Sendable>: Sendable {
  public let rows: [Route<Service>]

  /// - Parameter prefix: what each row's rule name begins with (`os_compute_api:servers:`); a rule that holds a `:` of
  ///   its own is taken as a full name.
  public init(rules prefix: String, of service: Service.Type = Service.self, _ rows: [Route<Service>]) {
    self.rows = rows.map { row in
      var row = row
      if !row.rule.contains(":") { row.rule = prefix + row.rule }
      return row
    }
  }

  /// - Parameter view: how the resource is shown, where its model has no view of its own; rows that show it otherwise
  ///   say so (`shows:`).
  public init<Model: Sendable>(
    rules prefix: String, of service: Service.Type = Service.self, shows view: View<Model>, _ rows: [Route<Service>]
  ) {
    let usual = UsualView(view)
    self.init(
      rules: prefix, of: service,
      rows.map { row in
        var row = row
        row.forms.usual = usual
        return row
      })
  }

  /// The same rows, each with the kinds of tokens that the function allows to its rule.
  public func limited(_ scopes: (_ rule: String) -> Set<TokenScope>) -> Routes {
    var limited = rows
    for i in limited.indices { limited[i].scopes = scopes(limited[i].rule) }
    return Routes(rules: "", limited)
  }

  /// The rows with their service, under each mount (`/v2.1`, `/v2.1/{project_id}`).
  public func bound(to service: Service, at mounts: [String]) -> [BoundRoute] {
    mounts.flatMap { mount in
      rows.map { row in
        BoundRoute(
          method: row.method, mount: mount, path: row.path, action: row.action, rule: row.rule, policy: row.policy,
          span: row.span, status: row.status, reads: row.reads, forms: row.forms, scopes: row.scopes,
          segments: Router.segments(mount + row.path)
        ) { incoming in try await row.run(Call(service: service, incoming: incoming)) }
      }
    }
  }
}

/// A row that knows its service and its place.
public struct BoundRoute: Sendable {
  public let method: String
  public let mount: String
  public let path: String
  public let action: String?
  public let rule: String
  public let policy: Policy
  public let span: Span
  public let status: Int
  public let reads: BodyReading
  public let forms: RouteForms
  /// The kinds of tokens with which it may be asked.
  public let scopes: Set<TokenScope>
  /// Mount and path, taken apart once.
  let segments: [String]
  var run: @Sendable (Incoming) async throws -> Response

  /// The same row; an observer is told how each request ended.
  public func observed(
    by observe: @escaping @Sendable (Incoming, Result<Response, any Error>) async -> Void
  ) -> BoundRoute {
    var row = self
    let run = run
    row.run = { incoming in
      do {
        let response = try await run(incoming)
        await observe(incoming, .success(response))
        return response
      } catch {
        await observe(incoming, .failure(error))
        throw error
      }
    }
    return row
  }

  var isOpen: Bool { policy.text == Policy.open.text }
}
