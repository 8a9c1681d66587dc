public import HTTP
public import JSON

/// One key of a view: where its value comes from, in which versions it exists and who may see it.
public struct Field<Model: Sendable>: Sendable {
  public let key: String
  public let span: Span
  /// The role that alone sees the field; nil for everyone who sees the object.
  public let onlyFor: String?
  /// What the value looks like.
  public let schema: JSONSchema
  let get: @Sendable (Model, Incoming) -> JSON?

  public static func field<V: JSONValue>(
    _ key: String, _ path: any KeyPath<Model, V> & Sendable, since: Microversion? = nil, until: Microversion? = nil,
    onlyFor role: String? = nil
  ) -> Self {
    Field(key: key, span: Span(since: since, until: until), onlyFor: role, schema: V.jsonSchema) { model, _ in
      model[keyPath: path].json
    }
  }
  /// A value that needs more than one property, or the request (links); nil leaves the key out.
  /// - Parameter schema: what the value looks like, for the API's description.
  public static func computed(
    _ key: String, as schema: JSONSchema = .any, since: Microversion? = nil, until: Microversion? = nil,
    onlyFor role: String? = nil, _ get: @escaping @Sendable (Model, Incoming) -> JSON?
  ) -> Self { Field(key: key, span: Span(since: since, until: until), onlyFor: role, schema: schema, get: get) }
}

/// How a model is shown: one row a key, in the order in which clients see them.
public struct View<Model: Sendable>: Sendable {
  /// The key that wraps one object, and the one that wraps a list.
  public let name: String
  public let plural: String
  public let fields: [Field<Model>]

  public init(_ name: String, plural: String? = nil, _ fields: [Field<Model>]) {
    self.name = name
    self.plural = plural ?? name + "s"
    self.fields = fields
  }

  public func render(_ model: Model, for incoming: Incoming) -> JSON {
    var object = JSONObject()
    for field in fields where field.span.contains(incoming.version) {
      if let role = field.onlyFor, !incoming.caller.roles.contains(role) { continue }
      if let wanted = incoming.fields, !wanted.contains(field.key) { continue }
      if let value = field.get(model, incoming) { object.append(field.key, value) }
    }
    return .object(object)
  }
}

extension View {
  /// One object as clients see it in any version, without its wrapper.
  public var objectSchema: JSONSchema { .object(JSONSchema.properties(fields.map { ($0.key, $0.schema, $0.span) })) }
  /// The answer that shows one.
  public var one: JSONSchema { .object([(name, objectSchema)], required: [name]) }
  /// The answer that shows many.
  public var many: JSONSchema { .object([(plural, .array(of: objectSchema))], required: [plural]) }
}

/// A model with one usual view.
public protocol Viewed: Output {
  static var view: View<Self> { get }
}
extension Viewed {
  public static var answerSchema: JSONSchema? { view.one }
  public func response(to incoming: Incoming, status: Int) throws -> Response {
    let object = JSONObject([(key: Self.view.name, value: Self.view.render(self, for: incoming))])
    return JSON.object(object).response(to: incoming, status: status)
  }
}

/// A model shown through another view than its usual one.
public struct Shown<Model: Sendable>: Output {
  public static var answerSchema: JSONSchema? { usualView(of: Model.self)?.one }
  let model: Model
  let view: View<Model>
  public init(_ model: Model, as view: View<Model>) {
    self.model = model
    self.view = view
  }
  public func response(to incoming: Incoming, status: Int) throws -> Response {
    JSON.object([view.name: view.render(model, for: incoming)]).response(to: incoming, status: status)
  }
}

/// The usual view of a model, where it has one.
private func usualView<Model: Sendable>(of type: Model.Type) -> View<Model>? {
  func view<V: Viewed>(_ type: V.Type) -> View<Model>? { V.view as? View<Model> }
  return (type as? any Viewed.Type).flatMap { view($0) }
}

/// How a service writes the links of a list.
public enum PageLinks: Sendable {
  /// `servers_links: [{rel: next, href}]`, only when there is more (nova, cinder, neutron).
  case beside
  /// `links: {self, previous, next}`, always (keystone).
  case keystone
  /// No links.
  case none
}

/// A page of a list.
public struct Page<Model: Sendable>: Output {
  public static var answerSchema: JSONSchema? { usualView(of: Model.self)?.many }
  public static var isPage: Bool { true }
  public let items: [Model]
  /// The marker of the next page; nil on the last.
  public let next: String?
  let view: View<Model>
  let links: PageLinks

  public init(_ items: [Model], as view: View<Model>, next: String? = nil, links: PageLinks = .beside) {
    self.items = items
    self.view = view
    self.next = next
    self.links = links
  }

  public func response(to incoming: Incoming, status: Int) throws -> Response {
    var object = JSONObject([(key: view.plural, value: .array(items.map { view.render($0, for: incoming) }))])
    let here = incoming.baseURL + incoming.request.path
    let nextURL = next.map { here + "?" + Self.query(of: incoming, marker: $0) }
    switch links {
    case .none: break
    case .beside:
      if let nextURL { object.append(view.plural + "_links", [["rel": "next", "href": .string(nextURL)]]) }
    case .keystone:
      object.append(
        "links",
        [
          "next": nextURL.json,
          "self": .string(incoming.request.query.isEmpty ? here : here + "?" + writeQuery(incoming.request.query)),
          "previous": nil,
        ])
    }
    return JSON.object(object).response(to: incoming, status: status)
  }

  static func query(of incoming: Incoming, marker: String) -> String {
    writeQuery(incoming.request.query.filter { $0.name != "marker" } + [(name: "marker", value: marker)])
  }
}
extension Page where Model: Viewed {
  public init(_ items: [Model], next: String? = nil, links: PageLinks = .beside) {
    self.init(items, as: Model.view, next: next, links: links)
  }
}
