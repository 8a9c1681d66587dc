public import JSON
public import NovaModel

/// Everything the documents are made of.
public struct MetadataFacts: Sendable {
  public var server: Server
  /// The server's ports as the network service shows them, in the order of its cards.
  public var ports: [JSON]
  /// The subnets of those ports' networks.
  public var subnets: [JSON]
  /// Floating addresses of those ports.
  public var floatingAddresses: [String]
  /// Names of the security groups of those ports.
  public var securityGroups: [String]
  public var attachments: [VolumeAttachment]
  /// Put behind the host name with a dot; empty leaves the name alone.
  public var domain: String
  /// 512 bytes that the guest's random number generator is fed with.
  public var randomSeed: [UInt8]

  public init(
    server: Server, ports: [JSON] = [], subnets: [JSON] = [], floatingAddresses: [String] = [],
    securityGroups: [String] = [], attachments: [VolumeAttachment] = [], domain: String = "", randomSeed: [UInt8]
  ) {
    self.server = server
    self.ports = ports
    self.subnets = subnets
    self.floatingAddresses = floatingAddresses
    self.securityGroups = securityGroups
    self.attachments = attachments
    self.domain = domain
    self.randomSeed = randomSeed
  }

  /// The server's own name where the API has not derived a host name from it.
  var hostname: String {
    let name = server.hostname.isEmpty ? server.name : server.hostname
    return domain.isEmpty ? name : "\(name).\(domain)"
  }

  /// Addresses of version 4, in the order of the cards.
  var addressesV4: [String] {
    ports.flatMap { $0["fixed_ips"]?.array ?? [] }.compactMap { $0["ip_address"]?.string }.filter { !$0.contains(":") }
  }

  /// The kind of the key pair; nil when the server has none.
  var keyType: String? { server.keyPublic.map { $0.hasPrefix("-----BEGIN CERTIFICATE") ? "x509" : "ssh" } }
}
