public import Core

// The faults by the names that clients, and nova, look for in `NeutronError.type`.
extension Fault {
  /// What upstream answers for an id that does not exist, or not for this caller.
  public enum Kept: String, Sendable {
    case network = "Network", subnet = "Subnet", port = "Port", router = "Router", floatingIP = "FloatingIP"
    case securityGroup = "SecurityGroup", securityGroupRule = "SecurityGroupRule"
    case subnetPool = "SubnetPool", addressScope = "AddressScope", agent = "Agent", rbac = "RbacPolicy"
  }
  public static func missing(_ kept: Kept, _ id: String) -> Fault {
    switch kept {
    case .securityGroup: .notFound("Security group \(id) does not exist", code: "SecurityGroupNotFound")
    case .securityGroupRule: .notFound("Security group rule \(id) does not exist", code: "SecurityGroupRuleNotFound")
    case .floatingIP: .notFound("Floating IP \(id) could not be found", code: "FloatingIPNotFound")
    case .router: .notFound("Router \(id) could not be found", code: "RouterNotFound")
    case .subnetPool: .notFound("Subnet pool \(id) could not be found.", code: "SubnetPoolNotFound")
    case .addressScope: .notFound("Address scope \(id) could not be found", code: "AddressScopeNotFound")
    case .rbac: .notFound("RBAC policy with ID \(id) not found", code: "RbacPolicyNotFound")
    default: .notFound("\(kept.rawValue) \(id) could not be found.", code: kept.rawValue + "NotFound")
    }
  }
  public static func invalidInput(_ why: String) -> Fault {
    .badRequest("Invalid input for operation: \(why).", code: "InvalidInput")
  }
  public static func bad(_ resource: String, _ why: String) -> Fault {
    .badRequest("Bad \(resource) request: \(why).", code: "BadRequest")
  }
  public static func invalidAddress(_ text: String) -> Fault {
    .invalidInput("'\(text)' is not a valid IP address")
  }
  public static func addressesExhausted(_ networkID: String) -> Fault {
    .conflict("No more IP addresses available on network \(networkID).", code: "IpAddressGenerationFailure")
  }
  public static func addressInUse(_ address: String, _ networkID: String) -> Fault {
    .conflict(
      "Unable to complete operation for network \(networkID). The IP address \(address) is in use.",
      code: "IpAddressInUse")
  }
  public static func networkInUse(_ id: String, _ why: String) -> Fault {
    .conflict("Unable to complete operation on network \(id). \(why).", code: "NetworkInUse")
  }
  public static func subnetInUse(_ id: String, _ why: String) -> Fault {
    .conflict("Unable to complete operation on subnet \(id): \(why).", code: "SubnetInUse")
  }
  public static func routerInUse(_ id: String, _ why: String) -> Fault {
    .conflict("Router \(id) \(why)", code: "RouterInUse")
  }
  public static func quotaExceeded(_ resource: QuotaResource) -> Fault {
    .overQuota("Quota exceeded for resources: ['\(resource.rawValue)'].", code: "OverQuota")
  }
  /// An attribute that only others may set.
  public static func disallowed(_ rule: String) -> Fault {
    Fault(.forbidden, "rule:\(rule) is disallowed by policy", code: "PolicyNotAuthorized")
  }
}
