internal import Core
public import Store

/// The page of a list that a client asks for: how many, after which, in which order.
public struct PageRequest: Sendable {
  /// At most this many; nil for as many as the service allows.
  public let limit: Int?
  /// The id of the last item of the page before.
  public let marker: String?
  public let sort: [(column: String, descending: Bool)]

  /// Reads `limit`, `marker` and the sort in each of the spellings in use: repeated `sort_key`/`sort_dir`, and
  /// `sort=key:dir,key`. A key without a direction takes that of the fallback's first.
  /// - Parameters:
  ///   - sortable: the keys clients may sort by, and the columns behind them; those columns must not be null.
  ///   - fallback: the order when the client names none.
  ///   - maximum: the service's own limit of a page.
  public init(
    _ incoming: Incoming, sortable: [String: String] = [:],
    fallback: [(column: String, descending: Bool)] = [(column: "created_at", descending: true)], maximum: Int = 1000
  ) throws {
    var limit = maximum
    if let text = incoming.query("limit"), !text.isEmpty {
      guard let n = Int(text), n >= 0 else {
        throw Fault.badRequest(
          "Invalid input for query parameters limit. Value: \(text). It must be a whole number from 0.")
      }
      limit = min(n, maximum)
    }
    self.limit = limit
    marker = incoming.query("marker").flatMap { $0.isEmpty ? nil : $0 }
    var keys = zip(incoming.queries("sort_key"), incoming.queries("sort_dir") + Array(repeating: "", count: 32))
      .map { (key: $0, direction: $1) }
    if let text = incoming.query("sort") {
      keys = text.split(separator: ",").map { item in
        let parts = item.split(separator: ":")
        return (key: String(parts.first ?? ""), direction: parts.count > 1 ? String(parts[1]) : "")
      }
    }
    let usual = fallback.first?.descending ?? false
    sort =
      try keys.isEmpty
      ? fallback
      : keys.map { item in
        guard let column = sortable[item.key] else {
          throw Fault.badRequest(
            "Invalid sort key \(item.key). Sort by one of: \(sortable.keys.sorted().joined(separator: ", ")).")
        }
        guard ["", "asc", "desc"].contains(item.direction.lowercased()) else {
          throw Fault.badRequest("Invalid sort direction \(item.direction). It is asc or desc.")
        }
        return (column: column, descending: item.direction.isEmpty ? usual : item.direction.lowercased() == "desc")
      }
  }

  /// The records of the page, and the marker of the next one if there is more.
  /// - Parameter condition: which records belong to the list at all; without `WHERE`.
  public func fetch<R: Record>(
    _ type: R.Type = R.self, where condition: SQL, in transaction: some ReadTransaction
  ) async throws -> (items: [R], next: String?) {
    let order =
      sort + (sort.contains { $0.column == "id" } ? [] : [(column: "id", descending: sort.last?.descending ?? false)])
    var filter: SQL = "(\(condition))"
    if let marker {
      guard try await transaction.get(R.self, marker) != nil else {
        throw Fault.badRequest("marker [\(marker)] not found")
      }
      filter = "\(filter) AND (\(after(marker, in: R.table, order: order)))"
    }
    let orderBy = SQL.joined(
      order.map { $0.descending ? "\(identifier: $0.column) DESC" : "\(identifier: $0.column)" }, ", ")
    let count = limit ?? Int.max - 1
    var items: [R] = try await transaction.all(
      R.self, "WHERE \(filter) ORDER BY \(orderBy) LIMIT \(count == 0 ? 0 : count + 1)")
    guard items.count > count else { return (items, nil) }
    items.removeLast(items.count - count)
    return (items, items.last?.id)
  }

  /// The records behind the marker in this order: the first differing column decides.
  private func after<R: Record>(_ marker: String, in table: Table<R>, order: [(column: String, descending: Bool)])
    -> SQL
  {
    func of(_ column: String) -> SQL {
      column == "id" ? "\(marker)" : "(SELECT \(identifier: column) FROM \(table) WHERE id = \(marker))"
    }
    let alternatives = order.indices.map { i -> SQL in
      let equal = order[..<i].map { "\(identifier: $0.column) = \(of($0.column))" as SQL }
      let column = order[i].column
      let beyond: SQL =
        order[i].descending ? "\(identifier: column) < \(of(column))" : "\(identifier: column) > \(of(column))"
      return SQL.joined(equal + [beyond], " AND ")
    }
    let whole = SQL.joined(alternatives.map { "(\($0))" }, " OR ")
    // Follows from each of the alternatives; from it, and not from them, a database knows where in an index to begin.
    guard let first = order.first else { return whole }
    let bound: SQL =
      first.descending
      ? "\(identifier: first.column) <= \(of(first.column))" : "\(identifier: first.column) >= \(of(first.column))"
    return "\(bound) AND (\(whole))"
  }
}
