internal import API
internal import Core
internal import GlanceModel
internal import HTTP
internal import JSON
internal import Store

/// A list of images as the client asks for it: who sees what, filters, order and page, all in SQL.
struct ImageQuery: Sendable {
  private var conditions: [SQL] = []
  let order: [(key: SortKey, descending: Bool)]
  let limit: Int
  let marker: String?

  enum SortKey: String, Sendable, CaseIterable {
    case name, status, containerFormat = "container_format", diskFormat = "disk_format", size, id
    case createdAt = "created_at", updatedAt = "updated_at", owner, visibility

    /// The column without NULL, which has no place in an order.
    var column: SQL {
      switch self {
      case .name, .containerFormat, .diskFormat, .owner: "COALESCE(\(identifier: rawValue), '')"
      case .size: "COALESCE(size, -1)"
      default: "\(identifier: rawValue)"
      }
    }
    func value(_ image: Image) -> Value {
      switch self {
      case .name: .text(image.name ?? "")
      case .status: .text(image.status.rawValue)
      case .containerFormat: .text(image.containerFormat ?? "")
      case .diskFormat: .text(image.diskFormat ?? "")
      case .size: .int(image.size ?? -1)
      case .id: .text(image.id)
      case .createdAt: image.createdAt.columnValue
      case .updatedAt: image.updatedAt.columnValue
      case .owner: .text(image.owner ?? "")
      case .visibility: .text(image.visibility.rawValue)
      }
    }
  }

  init(_ call: Call<Glance>) throws {
    let limit = try call.last("limit").map { try ListPage.limit($0, call) } ?? call.service.options.pageSize
    let order = try Self.order(call)
    self.init(
      try Self.sight(call) + ImageFilters.conditions(call), order: order.keys, tiesDescend: order.tiesDescend,
      limit: limit, marker: call.last("marker"))
  }

  /// - Parameters:
  ///   - order: as it was asked for; what makes it complete comes behind.
  ///   - tiesDescend: the direction of that.
  init(
    _ conditions: [SQL], order: [(key: SortKey, descending: Bool)], tiesDescend: Bool = true, limit: Int,
    marker: String?
  ) {
    // A key that comes again decides nothing more.
    var whole: [(key: SortKey, descending: Bool)] = []
    for item in order where !whole.contains(where: { $0.key == item.key }) { whole.append(item) }
    if !whole.contains(where: { $0.key == .createdAt }) { whole.append((key: .createdAt, descending: tiesDescend)) }
    if !whole.contains(where: { $0.key == .id }) { whole.append((key: .id, descending: tiesDescend)) }
    self.conditions = conditions
    self.order = whole
    self.limit = limit
    self.marker = marker
  }

  /// Which images the caller sees in lists: public ones, his own, those shared with him and accepted; community
  /// images only where he asks for them.
  private static func sight(_ call: Call<Glance>) throws -> [SQL] {
    let status = call.last("member_status") ?? "accepted"
    guard ["pending", "accepted", "rejected", "all"].contains(status) else {
      throw Fault.badRequest("Invalid status: \(status)")
    }
    let visibility = call.last("visibility")
    guard visibility.map({ $0 == "all" || Image.Visibility(rawValue: $0) != nil }) ?? true else {
      throw Fault.badRequest("Invalid visibility value: \(visibility ?? "")")
    }
    let me = call.caller.projectID ?? "\u{1}"
    var all: [SQL] = []
    if !Images.isPrivileged(call) {
      let accepted: SQL = status == "all" ? "" : " AND m.status = \(status)"
      all.append(
        """
        visibility IN ('public', 'community') OR owner = \(me) OR (visibility = 'shared' AND EXISTS (
          SELECT 1 FROM \(ImageMember.table) m
          WHERE m.image_id = \(Image.table).id AND m.member_id = \(me)\(accepted)))
        """)
    }
    switch visibility {
    case nil: all.append("visibility <> 'community' OR owner = \(me)")
    case "all"?: break
    case let name?: all.append("visibility = \(name)")
    }
    return all
  }

  /// Both syntaxes of sorting; the default direction is downwards. Where one direction is named and no more, what is
  /// alike is ordered by it too.
  private static func order(
    _ call: Call<Glance>
  ) throws -> (keys: [(key: SortKey, descending: Bool)], tiesDescend: Bool) {
    func key(_ text: String) throws -> SortKey {
      let trimmed = String(text.filter { !$0.isWhitespace })
      guard let key = SortKey(rawValue: trimmed) else {
        throw Fault.badRequest(
          "Invalid sort key: \(trimmed). It must be one of the following: "
            + SortKey.allCases.map(\.rawValue).joined(separator: ", ") + ".")
      }
      return key
    }
    func isDescending(_ text: String) throws -> Bool {
      guard ["asc", "desc", ""].contains(text) else { throw Fault.badRequest("Invalid sort direction: \(text)") }
      return text != "asc"
    }
    let (keys, directions) = (call.queries("sort_key"), call.queries("sort_dir"))
    if let text = call.last("sort") {
      guard keys.isEmpty, directions.isEmpty else {
        throw Fault.badRequest("Old and new sorting syntax cannot be combined")
      }
      let order = try text.split(separator: ",", omittingEmptySubsequences: false).map { item in
        let parts = item.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        return (
          key: try key(String(parts[0])),
          descending: try parts.count < 2 || isDescending(parts[1].filter { !$0.isWhitespace })
        )
      }
      return (order, order.count > 1 || order[0].descending)
    }
    guard directions.count < 2 || directions.count == keys.count else {
      throw Fault.badRequest("Number of sort dirs does not match the number of sort keys")
    }
    let names = keys.isEmpty ? [SortKey.createdAt.rawValue] : keys
    let order = try names.enumerated().map { i, name in
      let direction = directions.count > 1 ? directions[i] : directions.first ?? "desc"
      return (key: try key(name), descending: try isDescending(direction))
    }
    return (order, directions.count != 1 || order[0].descending)
  }

  func fetch(
    _ call: Call<Glance>, in transaction: some ReadTransaction
  ) async throws -> (images: [Image], next: String?) {
    var last: Image?
    // An administrator sees what is gone: his pages go on where the last image of one is deleted meanwhile.
    let isAdmin = call.caller.isAdmin
    if let marker { last = try await ImageAccess.marker(marker, call, orDeleted: isAdmin, in: transaction) }
    var images = try await fetch(Image.self, after: last, in: transaction)
    guard images.count > limit else { return (images, nil) }
    images.removeLast(images.count - limit)
    return (images, images.last?.id)
  }

  /// One more than the page has, where there are so many.
  func fetch<R: Record>(
    _ type: R.Type, after last: Image?, in transaction: some ReadTransaction
  ) async throws -> [R] {
    let all = conditions + (last.map { [after($0)] } ?? [])
    let orderBy = SQL.joined(order.map { $0.descending ? "\($0.key.column) DESC" : $0.key.column }, ", ")
    return try await transaction.all(
      R.self, SQL.allOf(all) + " ORDER BY \(orderBy) LIMIT \(limit == 0 ? 0 : limit + 1)")
  }

  /// The images behind one in this order: the first differing key decides.
  private func after(_ last: Image) -> SQL {
    let alternatives = order.indices.map { i -> SQL in
      let equal = order[..<i].map { "\($0.key.column) = \($0.key.value(last))" as SQL }
      let (key, descending) = order[i]
      let beyond: SQL =
        descending ? "\(key.column) < \(key.value(last))" : "\(key.column) > \(key.value(last))"
      return "(" + SQL.joined(equal + [beyond], " AND ") + ")"
    }
    return SQL.joined(alternatives, " OR ")
  }
}

extension Call<Glance> {
  /// A parameter of which the last counts where it comes again.
  func last(_ name: String) -> String? { incoming.request.query.last { $0.name == name }?.value }
}
