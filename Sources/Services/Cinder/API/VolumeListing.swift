internal import API
internal import CinderModel
internal import Core
internal import JSON
internal import Store

extension Volumes {
  static func list(_ call: Call<Cinder>, _: Nothing) async throws -> Listing<VolumeDetail> {
    try await list(call, as: VolumeDetail.view)
  }
  static func listBriefly(_ call: Call<Cinder>, _: Nothing) async throws -> Listing<VolumeDetail> {
    try await list(call, as: VolumeDetail.summary)
  }

  private static func list(_ call: Call<Cinder>, as view: View<VolumeDetail>) async throws -> Listing<VolumeDetail> {
    let page = try PageRequest(
      call.incoming,
      sortable: [
        "id": "id", "name": "name", "display_name": "name", "status": "state", "size": "size",
        "created_at": "created_at", "bootable": "bootable", "availability_zone": "availability_zone",
      ])
    let condition = try filter(call)
    let counts = try call.incoming.wantsCount()
    return try await call.service.store.read { tx in
      let (volumes, next) = try await page.fetch(Volume.self, where: condition, in: tx)
      let count = counts ? try await tx.count(Volume.self, "WHERE \(condition)") : nil
      return Listing(page: Page(try await VolumeDetail.load(volumes, in: tx), as: view, next: next), count: count)
    }
  }

  static func summary(_ call: Call<Cinder>, _: Nothing) async throws -> JSON {
    let condition = try filter(call)
    let volumes = try await call.service.store.read { try await $0.all(Volume.self, "WHERE \(condition)") }
    var summary: JSONObject = [
      "total_count": .int(volumes.count), "total_size": .int(volumes.reduce(0) { $0 + $1.sizeGiB }),
    ]
    if call.version >= "3.36" {
      var values: [String: Set<String>] = [:]
      for volume in volumes {
        for (key, value) in volume.metadata { values[key, default: []].insert(value) }
      }
      summary["metadata"] = values.mapValues { $0.sorted() }.json
    }
    return ["volume-summary": .object(summary)]
  }

  /// The condition that scope and filters make.
  private static func filter(_ call: Call<Cinder>) throws -> SQL {
    var conditions: [SQL] = [try call.scope()]
    for (key, column) in [
      ("name", "name"), ("display_name", "name"), ("id", "id"), ("user_id", "user_id"),
      ("availability_zone", "availability_zone"), ("snapshot_id", "snapshot_id"), ("source_volid", "source_id"),
    ] {
      if let value = call.query(key) { conditions.append("\(identifier: column) = \(value)") }
    }
    if call.version >= "3.34", let part = call.query("name~") { conditions.append(Filters.contains("name", part)) }
    if let status = call.query("status") { conditions.append("COALESCE(doing, state) = \(status)") }
    if let size = call.query("size") {
      guard let number = Int(size) else { throw Cinder.invalidInput("size=\(size)") }
      conditions.append("size = \(number)")
    }
    for key in ["bootable", "multiattach"] {
      guard let text = call.query(key) else { continue }
      conditions.append("\(identifier: key) = \(try Flag.read(text))")
    }
    if let metadata = call.query("metadata") { conditions += try Filters.metadata("metadata", metadata) }
    if call.version >= "3.4", let metadata = call.query("glance_metadata") {
      conditions += try Filters.metadata("image_metadata", metadata)
    }
    for key in ["created_at", "updated_at"] {
      if let text = call.query(key) { conditions += try Filters.time(key, text) }
    }
    return SQL.joined(conditions.map { "(\($0))" }, " AND ")
  }
}

/// Filters of lists that need more than an equal sign.
enum Filters {
  /// Rows whose column holds the text anywhere.
  static func contains(_ column: String, _ part: String) -> SQL {
    part.isEmpty ? "1 = 1" : "REPLACE(\(identifier: column), \(part), '') <> \(identifier: column)"
  }

  /// `{'key': 'value'}`, as Python's clients write it, or JSON: rows whose metadata holds all of it.
  static func metadata(_ column: String, _ text: String) throws -> [SQL] {
    guard let object = (try? JSON(parsing: text)) ?? (try? JSON(parsing: text.replacing("'", with: "\""))),
      let wanted = try? MetadataBody(json: object).values
    else { throw Cinder.invalidInput("\(column)=\(text) is no dictionary of texts.") }
    return wanted.sorted { $0.key < $1.key }.map { key, value in
      // The pair as it stands in the column: quotes inside values are escaped there, so it cannot be met by chance.
      let pair = String([key: value].json.text.dropFirst().dropLast())
      return contains(column, pair)
    }
  }

  /// `2026-11-21T00:00:00`, or with operators `gt:2026…,lt:2026…` (since 3.60).
  static func time(_ column: String, _ text: String) throws -> [SQL] {
    try text.split(separator: ",").map { item in
      let operators = ["gte": ">=", "gt": ">", "lte": "<=", "lt": "<", "neq": "<>", "eq": "="]
      let parts = item.split(separator: ":", maxSplits: 1)
      let named = parts.count == 2 ? operators[String(parts[0])] : nil
      guard let time = Timestamp(named == nil ? String(item) : String(parts[1])) else {
        throw Cinder.invalidInput("Invalid timestamp format: \(column)=\(text)")
      }
      switch named {
      case ">=": return "\(identifier: column) >= \(time)"
      case ">": return "\(identifier: column) > \(time)"
      case "<=": return "\(identifier: column) <= \(time)"
      case "<": return "\(identifier: column) < \(time)"
      case "<>": return "\(identifier: column) <> \(time)"
      default: return "\(identifier: column) = \(time)"
      }
    }
  }
}
