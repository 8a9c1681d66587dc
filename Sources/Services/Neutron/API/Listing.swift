internal import API
internal import Core
internal import HTTP
internal import JSON
internal import NeutronModel
internal import Store

/// A record with what its view needs from other tables.
@dynamicMemberLookup
struct Detailed<R: NeutronRecord, Extra: Sendable>: Sendable {
  var record: R
  var extra: Extra
  subscript<T>(dynamicMember path: KeyPath<R, T>) -> T { record[keyPath: path] }
}

/// How a list can be narrowed and ordered: every attribute that is shown is a filter, repeated values are alternatives.
struct Listing<R: NeutronRecord>: Sendable {
  enum Filter: Sendable {
    case text(String)
    /// May be null, which an empty value asks for; lists cannot be sorted by it.
    case optional(String)
    case flag(String)
    case number(String)
    case custom(@Sendable ([String]) throws -> SQL)
  }
  private let filters: [String: Filter]
  private let sortable: [String: String]

  init(_ own: [String: Filter]) {
    let standard: [String: Filter] = [
      "id": .text("id"), "name": .text("name"), "project_id": .text("project_id"), "tenant_id": .text("project_id"),
      "description": .text("description"), "revision_number": .number("generation"),
      "tags": .custom { Self.tags($0, " AND ", "LIKE") }, "tags-any": .custom { Self.tags($0, " OR ", "LIKE") },
      "not-tags": .custom { "NOT (\(Self.tags($0, " AND ", "LIKE")))" },
      "not-tags-any": .custom { "NOT (\(Self.tags($0, " OR ", "LIKE")))" },
    ]
    filters = standard.merging(own) { $1 }
    var sortable = ["created_at": "created_at", "updated_at": "updated_at"]
    for (key, filter) in filters {
      switch filter {
      case .text(let column), .flag(let column), .number(let column): sortable[key] = column
      case .optional, .custom: continue
      }
    }
    self.sortable = sortable
  }

  /// Tags are kept as a JSON list, so a tag stands there between quotes.
  private static func tags(_ values: [String], _ separator: String, _ operation: String) -> SQL {
    let tags = values.flatMap { $0.split(separator: ",").map(String.init) }
    let pieces = tags.map { tag -> SQL in
      let text = SQL.plain(inLike: JSON.string(tag).text)
      return "tags LIKE \("%" + text + "%") ESCAPE '\\'"
    }
    return pieces.isEmpty ? "1 = 1" : .joined(pieces, separator)
  }

  /// The filters and what the list can be sorted by.
  var keys: [QueryKey] {
    filters.sorted { $0.key < $1.key }.map { name, filter in
      switch filter {
      case .text, .optional, .custom: .key(name, repeated: true)
      case .flag: .key(name, .boolean, repeated: true)
      case .number: .key(name, .integer, repeated: true)
      }
    } + .sorted(by: sortable.keys) + [.key("page_reverse", .boolean)]
  }

  private static var reserved: Set<String> { ["fields", "limit", "marker", "sort_key", "sort_dir", "page_reverse"] }

  /// The page of the list that the caller asks for.
  /// - Parameter visible: what the caller may see at all.
  func page(
    _ incoming: Incoming, visible: SQL, in transaction: some ReadTransaction
  ) async throws -> (items: [R], next: String?) {
    let request: PageRequest
    do {
      request = try PageRequest(
        incoming, sortable: sortable, fallback: [(column: "created_at", descending: false)], maximum: Int.max - 2)
    } catch let fault as Fault { throw Fault.invalidInput(fault.message) }
    return try await request.fetch(R.self, where: try condition(incoming, visible), in: transaction)
  }

  private func condition(_ incoming: Incoming, _ visible: SQL) throws -> SQL {
    var groups: [(key: String, values: [String])] = []
    for (name, value) in incoming.request.query where !Self.reserved.contains(name) {
      if let i = groups.firstIndex(where: { $0.key == name }) {
        groups[i].values.append(value)
      } else {
        groups.append((name, [value]))
      }
    }
    var conditions: [SQL] = ["(\(visible))"]
    for (key, values) in groups {
      guard let filter = filters[key] else {
        throw Fault.invalidInput("'\(key)' is invalid attribute for filtering")
      }
      conditions.append("(\(try sql(filter, key, values)))")
    }
    return .joined(conditions, " AND ")
  }

  private func sql(_ filter: Filter, _ key: String, _ values: [String]) throws -> SQL {
    switch filter {
    case .text(let column): return "\(identifier: column) IN (\(list: values))"
    case .optional(let column):
      let null: SQL =
        values.contains { $0.isEmpty || $0 == "None" || $0 == "null" } ? " OR \(identifier: column) IS NULL" : ""
      return "\(identifier: column) IN (\(list: values))\(null)"
    case .flag(let column):
      return "\(identifier: column) IN (\(list: try values.map { try Flag(json: .string($0)).on }))"
    case .number(let column):
      let numbers = try values.map { text in
        guard let number = Int(text) else { throw Fault.invalidInput("'\(text)' is not an integer for \(key)") }
        return number
      }
      return "\(identifier: column) IN (\(list: numbers))"
    case .custom(let make): return try make(values)
    }
  }
}

/// The fields that every resource begins and ends with.
enum StandardFields {
  static func head<M>(
    id: any KeyPath<M, String> & Sendable, _ standard: any KeyPath<M, Standard> & Sendable
  ) -> [Field<M>] {
    [.field("id", id)]
      + Field.part(
        standard, [.field("name", \.name), .field("tenant_id", \.projectID), .field("project_id", \.projectID)])
  }
  static func tail<M>(
    _ standard: any KeyPath<M, Standard> & Sendable, _ generation: any KeyPath<M, Int> & Sendable
  ) -> [Field<M>] {
    Field.part(
      standard,
      [
        .field("description", \.description), .field("tags", \.tags), .field("created_at", \.createdAt),
        .field("updated_at", \.updatedAt),
      ]) + [.field("revision_number", generation)]
  }
}

extension Transaction {
  /// Writes a changed resource with the time of its change.
  @discardableResult
  func save<R: NeutronRecord>(_ record: R, _ world: World) async throws -> R {
    var record = record
    record.standard.updatedAt = world.now()
    return try await update(record)
  }
}
