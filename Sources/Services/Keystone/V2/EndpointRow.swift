internal import JSON

/// v2.0's one row for what v3 keeps as up to three: the URLs of a service in a region.
struct EndpointRow {
  static let interfaces = ["public", "internal", "admin"]
  /// The attribute by which rows that were made together find each other again.
  static let groupKey = "legacy_endpoint_id"

  var id: String
  var region: String?
  var service: String?
  var urls: [String: String] = [:]
  /// The ids of v3's rows.
  var parts: [String] = []

  /// Rows that v2.0 made are put together by the id it gave them; others by service and region, the first public one
  /// with the first internal and admin ones. Those without a public URL v2.0 does not show, as upstream does not.
  static func rows(of endpoints: [JSONObject]) -> [EndpointRow] {
    var rows: [EndpointRow] = []
    var places: [[String?]: [Int]] = [:]
    for endpoint in endpoints {
      guard let id = endpoint.string("id"), let interface = endpoint.string("interface"),
        let url = endpoint.string("url")
      else { continue }
      let region = endpoint.string("region_id") ?? endpoint.string("region")
      let service = endpoint.string("service_id")
      let group = endpoint.string(groupKey)
      let key = [group, service, region]
      let free = places[key, default: []].first { rows[$0].urls[interface] == nil }
      let place = free ?? rows.count
      if free == nil {
        rows.append(EndpointRow(id: group ?? id, region: region, service: service))
        places[key, default: []].append(place)
      }
      rows[place].urls[interface] = url
      rows[place].parts.append(id)
      if group == nil, interface == "public" { rows[place].id = id }
    }
    return rows.filter { $0.urls["public"] != nil }
  }
}
