internal import Core
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
  let source: FieldSource
  /// `"key":`, as it stands in every answer.
  let opening: [UInt8]

  private init(_ key: String, _ span: Span, _ role: String?, _ schema: JSONSchema, _ source: FieldSource) {
    self.key = key
    self.span = span
    onlyFor = role
    self.schema = schema
    self.source = source
    opening = JSON.string(key).bytes + [UInt8(ascii: ":")]
  }

  public static func field<V: JSONValue>(
    _ key: String, _ path: any KeyPath<Model, V> & Sendable, since: Microversion? = nil, until: Microversion? = nil,
    onlyFor role: String? = nil
  ) -> Self {
    let property = StoredProperty<Model, V>(path)
    return Field(key, Span(since: since, until: until), role, V.jsonSchema, .stored { property.read($0).json })
  }
  /// A value that needs more than one property, or the request (links); nil leaves the key out.
  /// - Parameter schema: what the value looks like, for the API's description.
  public static func computed(
    _ key: String, as schema: JSONSchema = .any, since: Microversion? = nil, until: Microversion? = nil,
    onlyFor role: String? = nil, _ get: @escaping @Sendable (Model, Incoming) -> JSON?
  ) -> Self {
    Field(key, Span(since: since, until: until), role, schema, .computed(ComputedField(get)))
  }

  /// The fields of a part that the model stores, as its own.
  public static func part<Part: Sendable>(
    _ path: any KeyPath<Model, Part> & Sendable, _ fields: [Field<Part>]
  ) -> [Self] {
    let part = StoredProperty(path)
    guard let offset = part.offset else { preconditionFailure("\(Model.self) computes \(Part.self)") }
    return fields.map { field in
      let source: FieldSource
      switch field.source {
      case .stored(let read): source = .stored { read($0.advanced(by: offset)) }
      case .computed(let computed):
        let computed = unsafeDowncast(computed, to: ComputedField<Part>.self)
        source = .computed(
          ComputedField<Model> { model, incoming in
            withUnsafePointer(to: model) { computed.get(part.read($0), incoming) }
          })
      }
      return Field(field.key, field.span, field.onlyFor, field.schema, source)
    }
  }
}

/// Where a field's value comes from, as code that is generic over no model, so that the loop over fields is not either.
enum FieldSource: Sendable {
  /// Read from the model at that address.
  case stored(@Sendable (UnsafeRawPointer) -> JSON)
  /// A `ComputedField` of the model's type, which gets the model itself: there would be no passing it on from an
  /// address without a copy.
  case computed(any AnyObject & Sendable)
}
final class ComputedField<Model: Sendable>: Sendable {
  let get: @Sendable (Model, Incoming) -> JSON?
  init(_ get: @escaping @Sendable (Model, Incoming) -> JSON?) { self.get = get }
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
    var object = JSONObject(capacity: fields.count)
    Self.each(shown(to: incoming), of: model, incoming) { object.append($0.key, $1) }
    return .object(object)
  }

  /// Writes the object as text, with no tree of it in between: an answer of a thousand would be as many allocations as
  /// it has fields.
  func write(_ model: Model, for incoming: Incoming, to out: inout [UInt8]) {
    Self.write(model, shown(to: incoming), incoming, to: &out)
  }
  /// Writes all of them as an array, with what is the same for all decided once.
  func write(_ models: [Model], for incoming: Incoming, to out: inout [UInt8]) {
    let fields = shown(to: incoming)
    out.append(UInt8(ascii: "["))
    let start = out.count
    for model in models {
      if out.count > start { out.append(UInt8(ascii: ",")) }
      Self.write(model, fields, incoming, to: &out)
    }
    out.append(UInt8(ascii: "]"))
  }

  /// `{"server": …}`.
  func answer(_ model: Model, to incoming: Incoming, status: Int) -> Response {
    var out = Array("{".utf8) + JSON.string(name).bytes + Array(":".utf8)
    write(model, for: incoming, to: &out)
    out.append(UInt8(ascii: "}"))
    return Response(status: status, headers: ["Content-Type": "application/json"], body: .bytes(out))
  }

  /// The fields that exist in the request's version and that its sender may and wants to see.
  private func shown(to incoming: Incoming) -> [ShownField] {
    fields.compactMap { field in
      guard field.span.contains(incoming.version) else { return nil }
      if let role = field.onlyFor, !incoming.caller.roles.contains(role) { return nil }
      if let wanted = incoming.fields, !wanted.contains(field.key) { return nil }
      return ShownField(key: field.key, opening: field.opening, source: field.source)
    }
  }
  private static func write(
    _ model: Model, _ fields: [ShownField], _ incoming: Incoming, to out: inout [UInt8]
  ) {
    out.append(UInt8(ascii: "{"))
    let start = out.count
    each(fields, of: model, incoming) { field, value in
      if out.count > start { out.append(UInt8(ascii: ",")) }
      out += field.opening
      value.write(to: &out)
    }
    out.append(UInt8(ascii: "}"))
  }
  private static func each(
    _ fields: [ShownField], of model: Model, _ incoming: Incoming, _ body: (ShownField, JSON) -> Void
  ) {
    withUnsafePointer(to: model) { address in
      for field in fields {
        switch field.source {
        case .stored(let read): body(field, read(address))
        case .computed(let computed):
          let value = unsafeDowncast(computed, to: ComputedField<Model>.self).get(model, incoming)
          if let value { body(field, value) }
        }
      }
    }
  }
}

/// A field of any view.
private struct ShownField {
  let key: String
  let opening: [UInt8]
  let source: FieldSource
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
  public static func answerSchema(by usual: UsualView?) -> JSONSchema? { view.one }
  public func response(to incoming: Incoming, status: Int) throws -> Response {
    Self.view.answer(self, to: incoming, status: status)
  }
}

/// A model shown through another view than its usual one.
public struct Shown<Model: Sendable>: Output {
  public static func answerSchema(by view: UsualView?) -> JSONSchema? {
    (view?.of(Model.self) ?? UsualView(ofViewed: Model.self))?.one
  }
  let model: Model
  let view: View<Model>
  public init(_ model: Model, as view: View<Model>) {
    self.model = model
    self.view = view
  }
  public func response(to incoming: Incoming, status: Int) throws -> Response {
    view.answer(model, to: incoming, status: status)
  }
}

/// The view by which a table of routes shows its resource, for the API's description.
public struct UsualView: Sendable {
  private let model: ObjectIdentifier
  public let one: JSONSchema
  public let many: JSONSchema

  public init<Model: Sendable>(_ view: View<Model>) {
    model = ObjectIdentifier(Model.self)
    (one, many) = (view.one, view.many)
  }
  /// The view of a model that has one of its own.
  init?<Model: Sendable>(ofViewed type: Model.Type) {
    func usual<V: Viewed>(_ type: V.Type) -> UsualView { UsualView(V.view) }
    guard let viewed = type as? any Viewed.Type else { return nil }
    self = usual(viewed)
  }
  /// Itself where it shows such models.
  public func of<Model: Sendable>(_ type: Model.Type) -> UsualView? { model == ObjectIdentifier(type) ? self : nil }
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
  public static func answerSchema(by view: UsualView?) -> JSONSchema? {
    (view?.of(Model.self) ?? UsualView(ofViewed: Model.self))?.many
  }
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
    var out: [UInt8] = []
    out.reserveCapacity(1024)
    out += "{".utf8
    JSON.string(view.plural).write(to: &out)
    out += ":".utf8
    view.write(items, for: incoming, to: &out)
    if let (key, value) = linksBeside(incoming) {
      out += ",".utf8
      JSON.string(key).write(to: &out)
      out += ":".utf8
      value.write(to: &out)
    }
    out += "}".utf8
    return Response(status: status, headers: ["Content-Type": "application/json"], body: .bytes(out))
  }

  private func linksBeside(_ incoming: Incoming) -> (key: String, value: JSON)? {
    let here = incoming.baseURL + incoming.request.path
    let nextURL = next.map { here + "?" + Self.query(of: incoming, marker: $0) }
    switch links {
    case .none: return nil
    case .beside: return nextURL.map { (view.plural + "_links", [["rel": "next", "href": .string($0)]]) }
    case .keystone:
      let query = incoming.request.query
      return (
        "links",
        [
          "next": nextURL.json, "self": .string(query.isEmpty ? here : here + "?" + writeQuery(query)), "previous": nil,
        ]
      )
    }
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
