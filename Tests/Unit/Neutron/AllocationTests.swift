import Core
import NeutronModel
import Testing
import Text

@Suite("neutron address allocation")
struct NeutronAllocationTests {
  private static func subnet(_ id: String, _ cidr: String, gateway: String? = nil, auto: Bool = false) throws -> Subnet
  {
    var subnet = Subnet()
    let block = try #require(CIDR(cidr))
    (subnet.id, subnet.cidr, subnet.ipVersion) = (id, cidr, block.version.rawValue)
    let first = AddressAllocation.defaultGateway(of: block)
    subnet.gateway = gateway ?? first.text
    subnet.pools = AddressAllocation.defaultPools(of: block, gateway: IPAddress(gateway ?? "") ?? first)
      .map { AllocationPool($0) }
    if auto { subnet.addressMode = .slaac }
    return subnet
  }

  @Test(arguments: [
    ("10.0.0.0/24", "10.0.0.1", ["10.0.0.2-10.0.0.254"]),
    ("10.0.0.0/24", "10.0.0.254", ["10.0.0.1-10.0.0.253"]),
    ("10.0.0.0/24", "10.0.0.100", ["10.0.0.1-10.0.0.99", "10.0.0.101-10.0.0.254"]),
    ("10.0.0.0/24", "", ["10.0.0.1-10.0.0.254"]),
    ("10.0.0.0/30", "10.0.0.1", ["10.0.0.2-10.0.0.2"]),
    ("fd00::/64", "fd00::1", ["fd00::2-fd00::ffff:ffff:ffff:ffff"]),
  ])
  func poolsLeaveTheGatewayOut(_ cidr: String, _ gateway: String, _ pools: [String]) throws {
    let block = try #require(CIDR(cidr))
    #expect(AddressAllocation.defaultPools(of: block, gateway: IPAddress(gateway)).map(\.description) == pools)
  }

  @Test func theLowestFreeAddressIsNext() throws {
    let first = try #require(IPAddress("10.0.0.2"))
    let last = try #require(IPAddress("10.0.0.4"))
    let pools = [try #require(AddressRange(first, last))]
    func next(_ taken: [String]) -> String? {
      AddressAllocation.next(in: pools, taken: Set(taken.compactMap { IPAddress($0) }))?.text
    }
    #expect(next([]) == "10.0.0.2")
    #expect(next(["10.0.0.2", "10.0.0.4"]) == "10.0.0.3")
    #expect(next(["10.0.0.2", "10.0.0.3", "10.0.0.4"]) == nil)
  }

  struct Row: Sendable {
    var wishes: [AddressAllocation.Wish]?
    var owner = ""
    var taken: [String] = []
    var expected: [String]
    var fault: String?
  }
  typealias Wish = AddressAllocation.Wish

  @Test(arguments: [
    Row(wishes: nil, expected: ["10.0.0.2", "fd00::2", "fd01::f816:3eff:fe00:1"]),
    Row(wishes: nil, taken: ["10.0.0.2"], expected: ["10.0.0.3", "fd00::2", "fd01::f816:3eff:fe00:1"]),
    Row(wishes: [], expected: []),
    Row(wishes: [Wish(subnetID: "a"), Wish(subnetID: "a")], expected: ["10.0.0.2", "10.0.0.3"]),
    Row(wishes: [Wish(address: "10.0.0.9")], expected: ["10.0.0.9"]),
    Row(wishes: [Wish(subnetID: "auto")], expected: ["fd01::f816:3eff:fe00:1"]),
    Row(wishes: [Wish(subnetID: "a", address: "10.0.0.1")], owner: DeviceOwner.routerInterface, expected: ["10.0.0.1"]),
    Row(wishes: [Wish(address: "10.0.0.9"), Wish(address: "10.0.0.9")], expected: [], fault: "IpAddressInUse"),
    Row(wishes: [Wish(address: "10.0.0.9")], taken: ["10.0.0.9"], expected: [], fault: "IpAddressInUse"),
    Row(wishes: [Wish(address: "10.0.9.9")], expected: [], fault: "InvalidIpForNetwork"),
    Row(wishes: [Wish(subnetID: "a", address: "10.0.0.255")], expected: [], fault: "InvalidIpForSubnet"),
    Row(wishes: [Wish(subnetID: "auto", address: "fd01::5")], expected: [], fault: "AllocationOnAutoAddressSubnet"),
    Row(wishes: [Wish(subnetID: "b")], expected: [], fault: "InvalidInput"),
    Row(wishes: [Wish()], expected: [], fault: "InvalidInput"),
  ])
  func portsGetWhatTheyAskFor(_ row: Row) throws {
    let subnets = [
      try Self.subnet("a", "10.0.0.0/24"), try Self.subnet("six", "fd00::/64"),
      try Self.subnet("auto", "fd01::/64", auto: true),
    ]
    let mac = try #require(MACAddress("fa:16:3e:00:00:01"))
    func choose() throws -> [FixedIP] {
      try AddressAllocation.choose(
        row.wishes, subnets: subnets, taken: ["a": Set(row.taken.compactMap { IPAddress($0) })], mac: mac,
        owner: row.owner, networkID: "n")
    }
    if let code = row.fault {
      let fault = #expect(throws: Fault.self) { try choose() }
      #expect(fault?.code == code)
    } else {
      #expect(try choose().map(\.address) == row.expected)
    }
  }

  @Test(
    arguments: [
      (["10.0.0.0/16"], [], 24, "10.0.0.0/24"), (["10.0.0.0/16"], ["10.0.0.0/24"], 24, "10.0.1.0/24"),
      (["10.0.0.0/16"], ["10.0.0.0/25"], 24, "10.0.1.0/24"), (["10.0.0.0/16"], ["10.0.0.0/17"], 24, "10.0.128.0/24"),
      (["10.0.0.0/24", "10.9.0.0/24"], ["10.0.0.0/24"], 24, "10.9.0.0/24"),
      (["10.0.0.0/24"], ["10.0.0.0/24"], 25, nil), (["10.0.0.0/24"], [], 16, nil),
    ] as [([String], [String], Int, String?)])
  func blocksAreCutFromPools(_ prefixes: [String], _ taken: [String], _ length: Int, _ expected: String?) {
    let block = SubnetPoolCutting.next(
      length, from: prefixes.compactMap { CIDR($0) }, taken: taken.compactMap { CIDR($0) })
    #expect(block?.text == expected)
  }
}
