internal import API
internal import Core
internal import GlanceModel
internal import JSON
internal import Store

/// The page of a list of definitions or tasks, ordered by one column. What its marker is, a name or an id, and who may
/// name it, each list knows.
struct ListPage {
  let limit: Int?
  let marker: String?
  private let column: SQL
  private let key: String
  private let isDescending: Bool

  init(_ call: Call<Glance>, sortable: Set<String>, usual: Int?) throws {
    limit =
      try call.query("limit").map { try Self.limit($0, call) } ?? usual
    marker = call.query("marker")
    key = call.query("sort_key") ?? "created_at"
    guard sortable.contains(key) else {
      throw Fault.badRequest(
        "Invalid sort key: \(key). It must be one of the following: \(sortable.sorted().joined(separator: ", ")).")
    }
    column = key == "display_name" ? "COALESCE(display_name, '')" : "\(identifier: key)"
    let direction = call.query("sort_dir") ?? "desc"
    guard direction == "asc" || direction == "desc" else {
      throw Fault.badRequest("Invalid sort direction: \(direction)")
    }
    isDescending = direction == "desc"
  }

  /// How many a client asks for, no more than the service gives.
  static func limit(_ text: String, _ call: Call<Glance>) throws -> Int {
    let digits = text.filter { !$0.isWhitespace }
    let isHuge = digits.utf8.count > 18 && digits.utf8.allSatisfy { (48...57).contains($0) }
    guard let number = isHuge ? Int.max : Int(digits) else {
      throw Fault.badRequest("limit param must be an integer")
    }
    guard number >= 0 else { throw Fault.badRequest("limit param must be positive") }
    return min(number, call.service.options.pageLimit)
  }

  static let parameters: [QueryKey] =
    [.key("limit", .integer.with("minimum", 0))] + .keys("marker", "sort_key", "sort_dir", "visibility")

  /// The records of the page.
  /// - Parameter last: the marker's record.
  func fetch<R: Record>(
    _ condition: [SQL], after last: R?, in transaction: some ReadTransaction
  ) async throws -> [R] {
    var all = condition
    if let id = last?.id {
      let value: SQL = "(SELECT \(column) FROM \(R.table) WHERE id = \(id))"
      let beyond: SQL = isDescending ? "<" : ">"
      all.append("\(column) \(beyond) \(value) OR (\(column) = \(value) AND id \(beyond) \(id))")
    }
    let direction: SQL = isDescending ? "DESC" : "ASC"
    let end: SQL = limit.map { "LIMIT \($0)" } ?? ""
    return try await transaction.all(
      R.self, SQL.allOf(all) + " ORDER BY \(column) \(direction), id \(direction) \(end)")
  }
}
