internal import API
internal import Core
internal import HTTP
internal import JSON
internal import PlacementModel

extension Call where Service == Placement {
  var now: Timestamp { service.world.now() }

  /// An answer with the headers that forbid to keep it (since 1.15).
  func answer(
    _ json: JSON?, status: Int = 200, modified: Timestamp? = nil, location: String? = nil, isDated: Bool = true
  ) -> Response {
    var response = Response(status: status)
    if let json {
      response.headers["Content-Type"] = "application/json"
      response.body = .bytes(json.bytes)
    }
    if let location { response.headers["Location"] = self.baseURL + location }
    if self.version >= "1.15", isDated {
      response.headers["Last-Modified"] = (modified ?? now).forHTTP
      response.headers["Cache-Control"] = "no-cache"
    }
    return response
  }

  /// Refuses query parameters that the version does not know.
  func requireOnly(_ names: Set<String>) throws {
    for parameter in self.request.query where !names.contains(parameter.name) {
      throw Fault.badRequest(
        "Invalid query string parameters: Additional properties are not allowed ('\(parameter.name)' was unexpected)")
    }
  }

  /// What routes and bodies refuse below their version, where 404 does not say it.
  func objectBody(_ json: JSON, keys: Set<String>, required: Set<String>) throws -> JSONObject {
    guard let object = json.object else {
      throw Fault.badRequest("JSON does not validate: \(json) is not of type 'object'")
    }
    for key in required.sorted() where object[key] == nil {
      throw Fault.badRequest("JSON does not validate: '\(key)' is a required property")
    }
    for key in object.keys where !keys.contains(key) {
      throw Fault.badRequest(
        "JSON does not validate: Additional properties are not allowed ('\(key)' was unexpected)")
    }
    return object
  }
}

/// The id in its usual form, with dashes and in lower case; nil for what is none.
func dashed(_ id: String) -> String? {
  guard isUUID(id) else { return nil }
  let digits = Array(id.lowercased().filter { $0 != "-" })
  guard digits.count == 32 else { return nil }
  return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
}

extension Timestamp {
  /// `Sat, 21 Nov 2026 05:31:00 GMT` (RFC 9110 section 5.6.7).
  var forHTTP: String {
    let text = iso8601
    let days = seconds.floorDivided(by: 86_400)
    let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let parts = text.split { "-T".contains($0) }
    let weekday = weekdays[days - days.floorDivided(by: 7) * 7]
    let month = Int(parts[1]).map { months[$0 - 1] } ?? ""
    return "\(weekday), \(parts[2]) \(month) \(parts[0]) \(parts[3].dropLast()) GMT"
  }
}
