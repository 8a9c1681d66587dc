internal import API
internal import Core
internal import GlanceModel
internal import HTTP
internal import JSON
internal import Store

/// A list of images as a client of v1 asks for it.
struct V1Query: Sendable {
  /// An image of a list, which may be one that is remembered alone.
  typealias Item = (image: Image, deletedAt: Timestamp?)

  private let living: ImageQuery?
  private let deleted: ImageQuery?
  private let limit: Int
  private let marker: String?
  private let order: [(key: ImageQuery.SortKey, descending: Bool)]

  static let parameters: [QueryKey] =
    [.key("limit", .integer.with("minimum", 0))]
    + .keys(
      "marker", "sort_key", "sort_dir", "name", "status", "container_format", "disk_format", "min_ram", "min_disk",
      "size_min", "size_max", "is_public", "changes-since", "protected", "deleted")

  private static let sortable: [ImageQuery.SortKey] = [
    .name, .status, .containerFormat, .diskFormat, .size, .id, .createdAt, .updatedAt,
  ]

  init(_ call: Call<Glance>) throws {
    limit = try Self.limit(call)
    marker = call.query("marker")
    if let marker, !isUUID(marker) { throw Fault.badRequest("Invalid marker format") }
    order = [try Self.order(call)]
    let isAdmin = call.caller.isAdmin
    let filters = try Self.filters(call)
    // Only administrators ask for what was deleted; everyone who asks for what changed is told of it.
    let wanted: Bool? =
      isAdmin
      ? call.query("deleted").map(\.saysTrue) ?? (call.query("changes-since") == nil ? false : nil)
      : call.query("changes-since") == nil ? false : nil
    let me = call.caller.projectID ?? "\u{1}"
    let seen = try Self.sight(call, me: me, sharing: true)
    living =
      wanted == true ? nil : ImageQuery(seen + filters, order: order, limit: limit, marker: marker)
    let gone = try Self.sight(call, me: me, sharing: false)
    deleted =
      wanted == false ? nil : ImageQuery(gone + filters, order: order, limit: limit, marker: marker)
  }

  private static func limit(_ call: Call<Glance>) throws -> Int {
    guard let text = call.query("limit") else { return call.service.options.pageSize }
    guard let number = Int(text) else { throw Fault.badRequest("limit param must be an integer") }
    guard number >= 0 else { throw Fault.badRequest("limit param must be positive") }
    return min(number, call.service.options.pageLimit)
  }

  private static func order(_ call: Call<Glance>) throws -> (key: ImageQuery.SortKey, descending: Bool) {
    let name = call.query("sort_key") ?? "created_at"
    guard let key = sortable.first(where: { $0.rawValue == name }) else {
      throw Fault.badRequest(
        "Unsupported sort_key. Acceptable values: \(sortable.map(\.rawValue).joined(separator: ", "))")
    }
    let direction = call.query("sort_dir") ?? "desc"
    guard direction == "asc" || direction == "desc" else {
      throw Fault.badRequest("Unsupported sort_dir. Acceptable values: asc, desc")
    }
    return (key, direction == "desc")
  }

  /// Which images are seen: public ones, one's own, and those shared with one, whether accepted or not. Administrators
  /// may look further: `is_public=None` is all, `False` all that are not public.
  private static func sight(_ call: Call<Glance>, me: String, sharing: Bool) throws -> [SQL] {
    if call.caller.isAdmin, let text = call.query("is_public") {
      switch text.lowercased() {
      case "none": return []
      case "false", "0": return ["visibility <> 'public'"]
      case "true", "1": break
      default: throw Fault.badRequest("is_public must be None, True, or False")
      }
    }
    let shared: SQL = """
       OR (visibility = 'shared' AND EXISTS (
        SELECT 1 FROM \(ImageMember.table) m WHERE m.image_id = \(Image.table).id AND m.member_id = \(me)))
      """
    return ["visibility = 'public' OR owner = \(me)\(sharing ? shared : "")"]
  }

  private static func filters(_ call: Call<Glance>) throws -> [SQL] {
    var all: [SQL] = []
    for (name, value) in call.request.query {
      switch name {
      case "name", "container_format", "disk_format": all.append("\(identifier: name) = \(value)")
      case "status":
        let statuses = Image.Status.allCases.filter { status in
          var image = Image()
          image.status = status
          return VersionOne.status(image) == value
        }
        all.append("status IN (\(list: statuses.map(\.rawValue)))")
      case "min_ram", "min_disk": all.append("\(identifier: name) = \(try ImageFilters.number(name, value))")
      case "size_min": all.append("COALESCE(size, 0) >= \(try ImageFilters.number("size", value))")
      case "size_max": all.append("COALESCE(size, 0) <= \(try ImageFilters.number("size", value))")
      case "protected": all.append("protected = \(try ImageFilters.flag(name, value))")
      case "changes-since":
        guard let time = Timestamp(value) ?? Timestamp(value + "Z") else {
          throw Fault.badRequest("Unrecognized changes-since value")
        }
        all.append("updated_at > \(time)")
      default:
        guard name.hasPrefix("property-") else { continue }
        let key = JSON.string(String(name.dropFirst("property-".count)))
        all.append(ImageFilters.contains("properties", key.text + ":" + JSON.string(value).text))
      }
    }
    return all
  }

  func fetch(_ call: Call<Glance>, in transaction: some ReadTransaction) async throws -> [Item] {
    var last: Image?
    if let marker { last = try await ImageAccess.marker(marker, call, orDeleted: true, in: transaction) }
    var items: [Item] = []
    if let living {
      items += try await living.fetch(Image.self, after: last, in: transaction).map { ($0, nil) }
    }
    if let deleted {
      items += try await deleted.fetch(DeletedImage.self, after: last, in: transaction).map { ($0.image, $0.deletedAt) }
    }
    if living != nil, deleted != nil, let whole = living?.order {
      items.sort { Self.comes($0.image, before: $1.image, in: whole) }
    }
    return Array(items.prefix(limit))
  }

  private static func comes(
    _ a: Image, before b: Image, in order: [(key: ImageQuery.SortKey, descending: Bool)]
  ) -> Bool {
    for (key, descending) in order {
      let isLess: Bool
      switch (key.value(a), key.value(b)) {
      case (.int(let x), .int(let y)) where x != y: isLess = x < y
      case (.text(let x), .text(let y)) where x != y: isLess = x.utf8.lexicographicallyPrecedes(y.utf8)
      default: continue
      }
      return isLess != descending
    }
    return false
  }
}
