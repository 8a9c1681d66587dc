internal import Core
internal import JSON

/// A service's API as a page to read, in Markdown, from the same tables as its OpenAPI document.
public struct ReferencePage {
  private let service: APIService
  /// The rows, each once however often the API is mounted.
  private let rows: [BoundRoute]

  public init(_ service: APIService) {
    self.service = service
    var seen: Set<String> = []
    rows = service.routes.filter { seen.insert("\($0.method) \($0.path) \($0.action ?? "") \($0.span)").inserted }
  }

  public var markdown: String {
    var page = [
      "# \(service.name)", "", "The API as its tables say it. The same, for programs, is at `/openapi.json`.",
    ]
    page += ["", mounts, ""]
    if let versions = service.microversions {
      page += [
        "Microversions \(versions.minimum) to \(versions.maximum), asked for with "
          + "`OpenStack-API-Version: \(versions.serviceType) \(versions.maximum)`; they are listed at the end.", "",
      ]
    }
    page += [
      "What \"who\" means: `@` is anyone with a token, `@open` needs none, `!` is nobody; `rule:admin_required` is "
        + "`role:admin`. An operator's policy file changes it by the rule's name.", "",
    ]
    for topic in topics { page += section(topic) }
    page += microversions
    return page.joined(separator: "\n") + "\n"
  }

  private var mounts: String {
    let mounts = service.routes.map(\.mount).distinct.filter { !$0.isEmpty }
    let places = mounts.map { "`\($0)`" }.joined(separator: ", ")
    return mounts.isEmpty ? "Paths begin at the root." : "Paths are below \(places)."
  }

  // MARK: Topics

  private var topics: [String] { rows.map(OpenAPI.tag).distinct }

  private func section(_ topic: String) -> [String] {
    let mine = rows.filter { OpenAPI.tag($0) == topic }
    var lines = ["## \(topic)", "", "| request | since | rule | who | status |", "|---|---|---|---|---|"]
    for row in mine {
      lines.append(
        "| \(Self.request(row)) | \(Self.span(row.span)) | \(Self.code(row.rule)) |"
          + " \(Self.code(row.policy.text)) | \(row.status) |")
    }
    lines.append("")
    for row in mine {
      let keys = row.forms.query.map { "`\($0.name)`" + Self.note($0.span) }
      if !keys.isEmpty { lines += ["\(Self.request(row)) reads \(keys.joined(separator: ", ")) of the query.", ""] }
    }
    lines += forms(mine, says: "takes") { $0.forms.body }
    lines += forms(mine, says: "answers with") { $0.forms.answer }
    return lines
  }

  /// The forms of bodies or answers, each once with all requests that have it.
  private func forms(_ rows: [BoundRoute], says verb: String, _ form: (BoundRoute) -> JSONSchema?) -> [String] {
    var groups: [(keys: JSONSchema, requests: [String])] = []
    for row in rows {
      guard let (wrapper, keys) = form(row)?.unwrapped, !keys.properties.isEmpty else { continue }
      let request = Self.request(row) + (wrapper.isEmpty ? "" : " (in \(Self.code(wrapper)))")
      if let at = groups.firstIndex(where: { $0.keys == keys }) {
        groups[at].requests.append(request)
      } else {
        groups.append((keys, [request]))
      }
    }
    return groups.flatMap { group in
      let required = Set(group.keys.keywords["required"]?.array?.compactMap(\.string) ?? [])
      let lines = group.keys.properties.map { key, schema in
        let words = schema.words + (required.contains(key) ? ", required" : "")
        return "| \(Self.code(key)) | \(words) | \(schema.since) |"
      }
      let requests = group.requests.joined(separator: ", ")
      return ["\(requests) \(verb):", "", "| key | what | since |", "|---|---|---|"] + lines + [""]
    }
  }

  private var microversions: [String] {
    guard let versions = service.microversions else { return [] }
    let lines = versions.list.map { "| \($0.version) | \($0.meaning) |" }
    return ["## Microversions", "", "| version | what it brought |", "|---|---|"] + lines
  }

  private static func request(_ row: BoundRoute) -> String {
    "`\(row.method) \(row.path)`" + (row.action.map { " `\($0)`" } ?? "")
  }
  private static func span(_ span: Span) -> String {
    [span.since.map { "\($0)" }, span.until.map { "until \($0)" }].compactMap { $0 }.joined(separator: " ")
  }
  private static func note(_ span: Span) -> String { span == Span() ? "" : " (\(self.span(span)))" }
  private static func code(_ text: String) -> String { "`\(text.replacing("|", with: "\\|"))`" }
}

extension JSONSchema {
  /// The object whose keys are worth listing, and what it is wrapped in: `server`, or `servers[]` for a list.
  fileprivate var unwrapped: (wrapper: String, keys: JSONSchema) {
    if let first = inner("anyOf").first { return first.unwrapped }
    guard let wrapper, let content = one("properties").flatMap({ $0.one(wrapper) }) else { return ("", self) }
    if !content.properties.isEmpty { return (wrapper, content) }
    guard let item = content.one("items"), !item.properties.isEmpty else { return ("", self) }
    return (wrapper + "[]", item)
  }

  fileprivate var since: String {
    let span = keywords["x-openstack"]
    let until = span?["until"]?.string.map { "until \($0)" }
    return [span?["since"]?.string, until].compactMap { $0 }.joined(separator: " ")
  }

  /// In words: `text of 1 to 255 characters, or null`.
  fileprivate var words: String {
    let choices = inner("anyOf")
    if !choices.isEmpty { return choices.map(\.words).distinct.joined(separator: ", or ") }
    if let values = keywords["enum"]?.array {
      return "one of " + values.map { "`\($0.string ?? $0.text)`" }.joined(separator: ", ")
    }
    let null = types.contains("null") ? ", or null" : ""
    switch types.first {
    case "string":
      return (keywords["format"]?.string ?? "text") + limits("minLength", "maxLength", " characters") + null
    case "integer": return "whole number" + limits("minimum", "maximum", "") + null
    case "boolean": return "true or false" + null
    case "array": return "list of " + (one("items") ?? .any).words + null
    case "object":
      let values = one("additionalProperties").map { " of " + $0.words }
      return "object" + (values ?? "") + null
    case let type?: return type + null
    case nil: return "anything"
    }
  }
  private func limits(_ least: String, _ most: String, _ unit: String) -> String {
    switch (keywords[least]?.int, keywords[most]?.int) {
    case (let from?, let to?): " from \(from) to \(to)\(unit)"
    case (let from?, nil): " from \(from)\(unit)"
    case (nil, let to?): " up to \(to)\(unit)"
    case (nil, nil): ""
    }
  }
}
