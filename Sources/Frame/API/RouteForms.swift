public import JSON

/// A parameter of the query that a route's handler reads.
public struct QueryKey: Sendable, Equatable {
  public let name: String
  public let schema: JSONSchema
  public let span: Span
  /// Whether it may be given more than once.
  public let isRepeated: Bool

  public static func key(
    _ name: String, _ schema: JSONSchema = .string, since: Microversion? = nil, until: Microversion? = nil,
    repeated: Bool = false
  ) -> Self { Self(name: name, schema: schema, span: Span(since: since, until: until), isRepeated: repeated) }

  /// What every page of a list reads (`PageRequest`).
  static let ofPages: [Self] = [
    .key("limit", .integer.with("minimum", 0)), .key("marker"), .key("sort_key", repeated: true),
    .key("sort_dir", .string.with("enum", ["asc", "desc"]), repeated: true),
  ]
}

extension [QueryKey] {
  /// Keys of texts, by name alone.
  public static func keys(_ names: String...) -> Self { keys(names) }
  public static func keys(_ names: [String]) -> Self { names.map { .key($0) } }
  /// The keys from a microversion on.
  public func since(_ version: Microversion) -> Self {
    map { .key($0.name, $0.schema, since: version, repeated: $0.isRepeated) }
  }
  /// What a list can be sorted by.
  public static func sorted(by keys: some Sequence<String>) -> Self {
    [.key("sort_key", .string.with("enum", .array(keys.sorted().map { .string($0) })), repeated: true)]
  }
}

/// What a route takes and gives, as its handler's types and its row say.
///
/// Put together only when it is asked for: the description of an API is wanted far less often than its start.
public struct RouteForms: Sendable {
  /// What the body looks like; nil where there is none, or none in JSON.
  public var body: JSONSchema? { makeBody() }
  /// What the body of the answer looks like; nil where there is none, or only the handler knows.
  public var answer: JSONSchema? { makeAnswer(usual) }
  /// The parameters of the query; one of a row's own replaces a page's of the same name.
  public let query: [QueryKey]
  private let makeBody: @Sendable () -> JSONSchema?
  private let makeAnswer: @Sendable (UsualView?) -> JSONSchema?
  /// The view of the table that the row stands in.
  var usual: UsualView?

  init<I: Input, O: Output>(
    _ input: I.Type, _ output: O.Type, action: String?, query own: [QueryKey], shows: JSONSchema?
  ) {
    makeBody = {
      guard let action else { return I.bodySchema }
      guard let schema = I.bodySchema, schema != .any else {
        return .object([(action, .any)], required: [action], closed: true)
      }
      return schema.with("additionalProperties", false)
    }
    makeAnswer = { usual in shows ?? O.answerSchema(by: usual) }
    let usual = O.isPage ? QueryKey.ofPages : []
    query = usual.filter { key in !own.contains { $0.name == key.name } } + own
  }
}
