internal import API
internal import Core
internal import HTTP
internal import JSON
internal import KeystoneModel
internal import Store

/// A record of the API, with the attributes that clients made up beside those of its view.
protocol Resource: Sendable {
  static var view: View<Self> { get }
  /// The collection's path below `/v3`: `users`.
  static var collection: String { get }
  var id: String { get }
  var extra: JSONObject { get }
}

extension Resource {
  /// The object as clients see it: the view's keys, their own, and the link to itself.
  static func render(_ record: Self, as view: View<Self>, at collection: String, for incoming: Incoming) -> JSON {
    guard case .object(var object) = view.render(record, for: incoming) else { return .null }
    for (key, value) in record.extra.members where object[key] == nil { object.append(key, value) }
    let link = "\(incoming.baseURL)/v3/\(collection)/\(percentEncode(record.id))"
    object.append("links", ["self": .string(link)])
    return .object(object)
  }
}

/// One record: `{"user": {…}}`.
struct One<R: Resource>: Output {
  static func answerSchema(by view: UsualView?) -> JSONSchema? { (view?.of(R.self))?.one ?? R.view.one }
  let record: R
  var view = R.view
  var collection = R.collection

  init(_ record: R) { self.record = record }
  init(_ record: R, as view: View<R>, at collection: String) {
    self.record = record
    self.view = view
    self.collection = collection
  }
  func response(to incoming: Incoming, status: Int) -> Response {
    let object = R.render(record, as: view, at: collection, for: incoming)
    return JSON.object([view.name: object]).response(to: incoming, status: status)
  }
}

/// A list of records with keystone's links.
struct Many<R: Resource>: Output {
  static func answerSchema(by view: UsualView?) -> JSONSchema? { (view?.of(R.self))?.many ?? R.view.many }
  static var isPage: Bool { true }
  let records: [R]
  var next: String?
  var view = R.view
  var collection = R.collection

  init(_ records: [R], next: String? = nil) {
    self.records = records
    self.next = next
  }
  init(_ records: [R], next: String? = nil, as view: View<R>, at collection: String) {
    self.init(records, next: next)
    self.view = view
    self.collection = collection
  }
  func response(to incoming: Incoming, status: Int) -> Response {
    let items = records.map { R.render($0, as: view, at: collection, for: incoming) }
    return listing(view.plural, items, next: next, incoming).response(to: incoming, status: status)
  }
}

/// `{"users": […], "links": {…}}`.
func listing(_ name: String, _ items: [JSON], next: String? = nil, _ incoming: Incoming) -> JSON {
  let path = incoming.baseURL + incoming.request.path
  func url(_ query: [(name: String, value: String)]) -> String {
    query.isEmpty
      ? path : path + "?" + query.map { percentEncode($0.name) + "=" + percentEncode($0.value) }.joined(separator: "&")
  }
  let query = incoming.request.query
  let nextURL = next.map { url(query.filter { $0.name != "marker" } + [(name: "marker", value: $0)]) }
  return [
    name: .array(items), "links": ["next": nextURL.json, "self": .string(url(query)), "previous": nil],
  ]
}

/// A body that may hold attributes of the client's own.
protocol OpenDraft: Draft {
  var extra: JSONObject { get set }
}
extension OpenDraft {
  init(from incoming: Incoming) throws {
    self.init()
    let name = Self.shape.name ?? ""
    guard let object = incoming.body[name]?.object else {
      throw Fault.badRequest("'\(name)' is a required property")
    }
    try Self.shape.read(object, into: &self, version: incoming.version)
    let known = Set(Self.shape.keys.map(\.key) + ["id", "links"])
    extra = JSONObject(object.members.filter { !known.contains($0.key) })
  }
}

extension JSONObject {
  /// The attributes with others laid over them.
  func merging(_ other: JSONObject) -> JSONObject {
    var merged = self
    for (key, value) in other.members { merged[key] = value }
    return merged
  }
  /// Resource options with others laid over them; null takes one away.
  func mergingOptions(_ other: JSONObject) -> JSONObject {
    var merged = self
    for (key, value) in other.members { merged[key] = value.isNull ? nil : value }
    return merged
  }
  var isImmutable: Bool { self["immutable"]?.bool ?? false }
}

extension Call where Service == Keystone {
  /// Refuses who may not do what the row's rule, or another, names to this target.
  func enforce(_ target: [String: String], rule: String? = nil) throws {
    guard permits(target, rule: rule) else {
      throw Fault.forbidden("You are not authorized to perform the requested action: \(rule ?? incoming.rule).")
    }
  }
  /// A page of the records that satisfy all conditions, by name.
  func page<R: Resource & Record>(_ conditions: [SQL], by column: String = "name") async throws -> Many<R> {
    let request = try PageRequest(incoming, fallback: [(column: column, descending: false)], maximum: 1_000_000)
    let condition: SQL = conditions.isEmpty ? "1 = 1" : SQL.joined(conditions.map { "(\($0))" }, " AND ")
    let (items, next) = try await service.store.read { transaction in
      try await request.fetch(R.self, where: condition, in: transaction)
    }
    return Many(items, next: next)
  }
  /// The conditions of the given query parameters on columns, and on the beginning, middle or end of names
  /// (`name__contains`).
  func filters(_ columns: [String: String]) -> [SQL] {
    columns.sorted { $0.key < $1.key }.flatMap { key, column -> [SQL] in
      incoming.request.query.compactMap { item -> SQL? in
        if item.name == key { return "\(identifier: column) = \(item.value)" }
        guard item.name.hasPrefix(key + "__") else { return nil }
        let value = SQL.plain(inLike: item.value)
        switch item.name.dropFirst(key.count + 2) {
        case "contains", "icontains": return "\(identifier: column) LIKE \("%" + value + "%") ESCAPE '\\'"
        case "startswith", "istartswith": return "\(identifier: column) LIKE \(value + "%") ESCAPE '\\'"
        case "endswith", "iendswith": return "\(identifier: column) LIKE \("%" + value) ESCAPE '\\'"
        default: return nil
        }
      }
    }
  }
  /// The condition of `enabled=`, where it is given.
  func enabledFilter() -> [SQL] { query("enabled").map { ["enabled = \(isTrue($0))"] } ?? [] }
}
