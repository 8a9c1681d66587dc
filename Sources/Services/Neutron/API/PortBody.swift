internal import API
internal import Core
internal import JSON
internal import NeutronModel
internal import Text

/// One entry of a body's `fixed_ips`.
struct FixedIPWish: JSONValue {
  var wish: AddressAllocation.Wish
  var json: JSON { ["subnet_id": wish.subnetID.json, "ip_address": wish.address.json] }
  init(json: JSON) throws {
    guard case .object = json else { throw Fault.badRequest("'\(json.text)' is not a dictionary") }
    wish = AddressAllocation.Wish(subnetID: json["subnet_id"]?.string, address: json["ip_address"]?.string)
  }
}

struct PortBody: ResourceBody {
  var projectID: String?
  var networkID = ""
  var name: Given<String> = .absent
  var description: Given<String> = .absent
  var adminStateUp: Given<Flag> = .absent
  var mac: String?
  var fixedIPs: Given<[FixedIPWish]> = .absent
  var deviceID: Given<String> = .absent
  var deviceOwner: Given<String> = .absent
  var securityGroups: Given<[String]?> = .absent
  var portSecurity: Given<Flag> = .absent
  var allowedPairs: Given<[AllowedPair]?> = .absent
  var extraDHCPOptions: Given<JSON> = .absent
  var vnicType: Given<String> = .absent
  var hostID: Given<String?> = .absent
  var profile: Given<JSON> = .absent
  var dnsName: Given<String> = .absent
  var tags: [String] = []

  static var name: String { "port" }
  static var lasting: Set<String> { ["network_id", "tags"] }
  static var guarded: [String: JSON] { ["binding:host_id": nil, "binding:profile": nil] }
  static let keys: [Key<PortBody>] = [
    .key("tenant_id", \.projectID), .key("project_id", \.projectID), .key("network_id", \.networkID),
    .key("name", \.name, .text(0...255)), .key("description", \.description, .text(0...255)),
    .key("admin_state_up", \.adminStateUp), .key("mac_address", \.mac), .key("fixed_ips", \.fixedIPs),
    .key("device_id", \.deviceID, .text(0...255)), .key("device_owner", \.deviceOwner, .text(0...255)),
    .key("security_groups", \.securityGroups), .key("port_security_enabled", \.portSecurity),
    .key("allowed_address_pairs", \.allowedPairs), .key("extra_dhcp_opts", \.extraDHCPOptions),
    .key("binding:vnic_type", \.vnicType), .key("binding:host_id", \.hostID), .key("binding:profile", \.profile),
    .key("dns_name", \.dnsName, .text(0...255)), .key("tags", \.tags),
  ]

  /// What only the network's owner may decide, on a network that others share.
  var ownerOnly: String? {
    if mac != nil { return "mac_address" }
    if portSecurity.isGiven { return "port_security_enabled" }
    if let pairs = allowedPairs.value, !(pairs ?? []).isEmpty { return "allowed_address_pairs" }
    if fixedIPs.value?.contains(where: { $0.wish.address != nil }) ?? false { return "fixed_ips:ip_address" }
    if deviceOwner.value?.hasPrefix("network:") ?? false { return "device_owner" }
    return nil
  }

  /// Writes all but addresses and groups. A server's port goes to another only once it has been given up: of two that
  /// want it at the same moment one gets it.
  func apply(to port: inout Port) throws {
    if let device = deviceID.value, !device.isEmpty, !port.deviceID.isEmpty, device != port.deviceID,
      port.deviceOwner.hasPrefix("compute:")
    {
      throw Fault.conflict(
        "Port \(port.id) is in use by the server \(port.deviceID). Detach it there first.", code: "PortInUse")
    }
    name.apply(to: &port.standard.name)
    description.apply(to: &port.standard.description)
    adminStateUp.apply(to: &port.adminStateUp)
    deviceID.apply(to: &port.deviceID)
    deviceOwner.apply(to: &port.deviceOwner)
    portSecurity.apply(to: &port.portSecurity)
    vnicType.apply(to: &port.vnicType)
    dnsName.apply(to: &port.dnsName)
    if case .given(let host) = hostID {
      // A port that moves is not plugged until its new host says so.
      if port.hostID != host ?? "" { port.status = .down }
      port.hostID = host ?? ""
    }
    if let profile = profile.value { port.profile = profile.isNull ? [:] : profile }
    if let options = extraDHCPOptions.value { port.extraDHCPOptions = options.isNull ? [] : options }
    if let mac {
      guard let address = MACAddress(mac), !address.isMulticast else {
        throw Fault.badRequest(
          "Invalid input for mac_address. Reason: '\(mac)' is not a valid MAC address.", code: "HTTPBadRequest")
      }
      port.mac = address.text
    }
    if case .given(let pairs) = allowedPairs { port.allowedPairs = try Self.checked(pairs ?? [], mac: port.mac) }
    if !port.allowedPairs.isEmpty, !port.portSecurity {
      throw Fault.conflict(
        "Port Security must be enabled in order to have allowed address pairs on a port.",
        code: "AddressPairAndPortSecurityRequired")
    }
  }

  private static func checked(_ pairs: [AllowedPair], mac: String) throws -> [AllowedPair] {
    guard pairs.count <= 10 else {
      throw Fault.badRequest(
        "The number of allowed address pair exceeds the maximum 10.",
        code: "AllowedAddressPairExhausted")
    }
    let complete = try pairs.map { pair -> AllowedPair in
      guard CIDR(pair.address) != nil else {
        throw Fault.badRequest(
          "Invalid input for allowed_address_pairs. Reason: '\(pair.address)' is not a valid IP "
            + "address.", code: "HTTPBadRequest")
      }
      guard pair.mac.isEmpty || MACAddress(pair.mac) != nil else {
        throw Fault.badRequest(
          "Invalid input for allowed_address_pairs. Reason: '\(pair.mac)' is not a valid MAC "
            + "address.", code: "HTTPBadRequest")
      }
      return AllowedPair(address: pair.address, mac: pair.mac.isEmpty ? mac : pair.mac)
    }
    if Set(complete).count < complete.count {
      throw Fault.badRequest(
        "Request contains duplicate address pair.", code: "DuplicateAddressPairInRequest")
    }
    return complete
  }
}
