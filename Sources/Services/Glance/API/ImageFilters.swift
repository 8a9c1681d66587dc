internal import API
internal import Core
internal import GlanceModel
internal import HTTP
internal import JSON
internal import Store

/// The filters of a list of images: columns, tags, times with operators, and any custom property.
enum ImageFilters {
  /// Parameters that are no filters; lists of v2 are of what there is, whatever is asked of `deleted`.
  private static let others: Set<String> = [
    "limit", "marker", "sort", "sort_key", "sort_dir", "member_status", "visibility", "deleted",
  ]
  /// Those of which each counts where they come again; of others it is the last.
  private static let repeated: Set<String> = ["tag", "created_at", "updated_at"]

  static func conditions(_ call: Call<Glance>) throws -> [SQL] {
    var all: [SQL] = []
    var isHidden = false
    // A database takes a few hundred conditions before it calls a question too deep.
    guard call.request.query.count <= 200 else {
      throw Fault.badRequest("There are \(call.request.query.count) filters; at most 200 are taken.")
    }
    for (i, (name, value)) in call.request.query.enumerated() where !others.contains(name) {
      let isReplaced = call.request.query[(i + 1)...].contains { $0.name == name }
      if isReplaced, !repeated.contains(name) { continue }
      if name == "os_hidden" { isHidden = try flag(name, value) } else { all.append(try condition(name, value)) }
    }
    return all + ["hidden = \(isHidden)"]
  }

  private static func condition(_ name: String, _ value: String) throws -> SQL {
    switch name {
    case "id", "name", "status", "container_format", "disk_format":
      return try text(name, value)
    case "owner", "checksum": return "\(identifier: name) = \(value)"
    case "os_hash_value": return "hash_value = \(value)"
    case "os_hash_algo": return "hash_value IS NOT NULL AND COALESCE(hash_algorithm, 'sha512') = \(value)"
    case "protected": return "protected = \(try flag(name, value))"
    case "size_min": return "size >= \(try number(name, value))"
    case "size_max": return "size <= \(try number(name, value))"
    case "min_ram", "min_disk", "size", "virtual_size": return "\(identifier: name) = \(try number(name, value))"
    case "created_at", "updated_at": return try time(name, value)
    case "tag": return contains("tags", JSON.string(value).text)
    case "changes-since":
      throw Fault.badRequest("The \"changes-since\" filter is no longer available on v2.")
    default: return contains("properties", JSON.string(name).text + ":" + JSON.string(value).text)
    }
  }

  /// `name`, `eq:name` or `in:name,another`. What looks like an operator and is none may be a part of a name.
  private static func text(_ name: String, _ value: String) throws -> SQL {
    let column: SQL = "\(identifier: name)"
    let parts = value.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    switch (parts.first ?? "", parts.count) {
    case ("in", 2): return "\(column) IN (\(list: try list(parts[1])))"
    case ("eq", 2): return "\(column) = \(String(parts[1]))"
    case ("neq", 2), ("gt", 2), ("gte", 2), ("lt", 2), ("lte", 2):
      throw Fault.badRequest("Unable to filter by unknown operator '\(parts[0])'.")
    default: return "\(column) = \(value)"
    }
  }

  /// Whether the JSON text in a column has that piece; quotes inside strings are escaped there, so a piece with its
  /// quotes cannot be a part of another one.
  static func contains(_ column: String, _ piece: String) -> SQL {
    "\(identifier: column) LIKE \("%" + SQL.plain(inLike: piece) + "%") ESCAPE '\\'"
  }

  /// `gt:2026-11-21T00:00:00Z`; without an operator the very instant.
  private static func time(_ name: String, _ value: String) throws -> SQL {
    let operators: [(String, SQL)] = [
      ("gte", ">="), ("gt", ">"), ("lte", "<="), ("lt", "<"), ("neq", "<>"), ("eq", "="),
    ]
    let found = operators.first { value.hasPrefix($0.0 + ":") }
    let text = found.map { value.dropFirst($0.0.utf8.count + 1) } ?? value[...]
    guard let instant = Timestamp(text) else {
      throw Fault.badRequest("Bad \"\(name)\" query filter format. Use ISO 8601 DateTime notation.")
    }
    // Clients see whole seconds, so they mean whole seconds.
    return "\(identifier: name) - \(identifier: name) % 1000000 \(found?.1 ?? "=") \(instant)"
  }

  /// The items of `in:a,"b,c"`.
  private static func list(_ text: Substring) throws -> [String] {
    var items = [""]
    var isQuoted = false
    for c in text {
      switch c {
      case "\"": isQuoted.toggle()
      case "," where !isQuoted: items.append("")
      default: items[items.count - 1].append(c)
      }
    }
    guard !isQuoted else { throw Fault.badRequest("Invalid filter value \(text). The quote is not closed.") }
    return items
  }

  static func flag(_ name: String, _ value: String) throws -> Bool {
    switch value.lowercased() {
    case "true", "1": return true
    case "false", "0": return false
    default: throw Fault.badRequest("Invalid value '\(value)' for '\(name)' filter. It is true or false.")
    }
  }

  static func number(_ name: String, _ value: String) throws -> Int {
    guard let number = Int(value) else {
      throw Fault.badRequest("Cannot convert image \(name) '\(value)' to an integer.")
    }
    guard number >= 0 else { throw Fault.badRequest("Image \(name) must be >= 0 ('\(value)' specified).") }
    return number
  }
}
