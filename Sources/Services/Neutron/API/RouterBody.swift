internal import API
internal import Core
internal import JSON
internal import NeutronModel

/// A body's `external_gateway_info`.
struct GatewayWish: JSONValue {
  var networkID: String?
  var snat: Bool?
  var fixedIPs: [AddressAllocation.Wish]?
  var json: JSON { ["network_id": networkID.json] }
  init(json: JSON) throws {
    guard case .object(let object) = json else { throw Fault.badRequest("'\(json.text)' is not a dictionary") }
    networkID = try String?(json: object["network_id"] ?? .null)
    snat = try Flag?(json: object["enable_snat"] ?? .null)?.on
    fixedIPs = try [FixedIPWish]?(json: object["external_fixed_ips"] ?? .null)?.map(\.wish)
  }
}

struct RouterBody: ResourceBody {
  var projectID: String?
  var name: Given<String> = .absent
  var description: Given<String> = .absent
  var adminStateUp: Given<Flag> = .absent
  var gateway: Given<GatewayWish?> = .absent
  var routes: Given<[StaticRoute]?> = .absent
  var zones: JSON = []
  var highlyAvailable: Flag?
  var distributed: Flag?
  var flavorID: String?
  var tags: [String] = []

  static var name: String { "router" }
  static var lasting: Set<String> { ["availability_zone_hints", "tags", "flavor_id"] }
  static var guarded: [String: JSON] { ["ha": false, "distributed": false] }
  static let keys: [Key<RouterBody>] = [
    .key("tenant_id", \.projectID), .key("project_id", \.projectID), .key("name", \.name, .text(0...255)),
    .key("description", \.description, .text(0...255)), .key("admin_state_up", \.adminStateUp),
    .key("external_gateway_info", \.gateway), .key("routes", \.routes), .key("availability_zone_hints", \.zones),
    .key("ha", \.highlyAvailable), .key("distributed", \.distributed), .key("flavor_id", \.flavorID),
    .key("tags", \.tags),
  ]

  func apply(to router: inout Router) throws {
    if highlyAvailable?.on == true || distributed?.on == true {
      throw Fault.invalidInput(
        "This cloud has neither distributed nor highly available routers; leave ha and "
          + "distributed out")
    }
    name.apply(to: &router.standard.name)
    description.apply(to: &router.standard.description)
    adminStateUp.apply(to: &router.adminStateUp)
  }
}
