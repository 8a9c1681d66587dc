import API
import Core
import HTTP
import JSON
import SmallCloud
import Testing

/// A request for a row, about what the scene has.
struct Asking: Sendable {
  var path = ""
  var body = JSON.null
  var query = ""
  var headers = Headers()
  /// The ids of p-demo's things that the request names.
  var names: Set<String> = []
  /// Whether it is about things of which there are none.
  var isForNothing = false
}

extension Subject {
  /// How a row is asked for.
  /// - Throws: a fault that names the row when a parameter of its path has no place, or nothing stands there.
  func asking(for row: BoundRoute) throws -> Asking {
    var asking = Asking()
    var pattern = ""
    for part in row.path.split(separator: "/") {
      pattern += "/" + part
      guard part.hasPrefix("{") else {
        asking.path += "/" + part
        continue
      }
      let places = Places.all[service] ?? [:]
      guard
        let place = places["\(row.path) \(pattern)"] ?? (row.path.hasSuffix("}") ? nil : places[row.path])
          ?? places[pattern]
      else {
        throw Fault.notFound("\(name(row)): nobody knows what \(pattern) is; give it a place in Places.swift.")
      }
      asking.path += "/" + (try stand(place, at: row, in: &asking))
    }
    let name = row.action.map { "\(row.path.split(separator: "/")[0]) \($0)" } ?? "\(row.method) \(row.path)"
    let body = try Bodies.all[service]?[name].map { try JSON(parsing: Array(fill($0, in: &asking).utf8)) }
    asking.body = row.action.map { [$0: body ?? .null] } ?? body ?? [:]
    asking.query = fill(Bodies.queries[service]?[name] ?? "", in: &asking)
    for header in (Bodies.headers[service]?[name] ?? [:]).fields {
      asking.headers[header.name] = fill(header.value, in: &asking)
    }
    return asking
  }

  private func stand(_ place: Place, at row: BoundRoute, in asking: inout Asking) throws -> String {
    switch place {
    case .owned(let word), .common(let word):
      guard let id = cast[word] else { throw Fault.notFound("\(name(row)): the scene has no \(word).") }
      if case .owned = place { asking.names.insert(id) }
      return id
    case .word(let word): return word
    case .none:
      asking.isForNothing = true
      return "5ea2c4f1-3a1c-4c80-8a39-3f5d5b6ac001"
    }
  }

  /// The text with ids for words.
  private func fill(_ text: String, in asking: inout Asking) -> String {
    var text = text
    for (word, id) in cast {
      if text.contains("$\(word)\"") || text.hasSuffix("$\(word)") { asking.names.insert(id) }
      for mark in ["$", "@"] {
        text.replace("\(mark)\(word)\"", with: id + "\"")
        if text.hasSuffix(mark + word) { text = text.dropLast(mark.count + word.count) + id }
      }
    }
    return text
  }

  func answer(_ row: BoundRoute, _ asking: Asking, as token: String?) async throws -> (status: Int, text: String) {
    let answer = await ask(
      row, at: asking.path, asking.body, as: token, query: asking.query, headers: asking.headers)
    return (answer.status, String(decoding: try await answer.body.collect(limit: 1 << 22), as: UTF8.self))
  }

  /// The attributes of what a request is about, as policy speaks of them: the scene's where it names something, else
  /// the caller's own.
  func target(of row: BoundRoute, _ asking: Asking, _ caller: Caller) -> [String: String] {
    let isOwn = asking.names.isEmpty && !row.path.contains("{") && asking.query.isEmpty
    let project = isOwn ? caller.projectID ?? "" : cast["project"] ?? "p-demo"
    let user = isOwn ? caller.userID : cast["user"] ?? "u-demo"
    // The scene's image is shared with a member, its definitions are everyone's.
    let visibility = row.path.hasPrefix("/metadefs") ? "public" : "shared"
    return [
      "project_id": project, "owner": project, "user_id": user, "member_id": "p-member", "visibility": visibility,
      "target.user.id": user, "target.project.id": project, "target.credential.user_id": user,
      "target.token.user_id": user, "target.trust.trustor_user_id": user, "target.trust.trustee_user_id": "u-trustee",
      "target.domain.id": "default", "target.domain_id": "default",
      "target.user.domain_id": "default", "target.group.domain_id": "default", "target.project.domain_id": "default",
    ]
  }
}
