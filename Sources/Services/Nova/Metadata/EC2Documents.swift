internal import Core
internal import JSON
internal import NovaModel

/// EC2's `meta-data` and `user-data`.
///
/// EC2's ids have eight digits; ours are the first eight of the UUID, so that they need no table.
public enum EC2ID {
  public static func instance(_ serverID: String) -> String { "i-" + digits(serverID) }
  public static func image(_ imageID: String?) -> String { "ami-" + (imageID.map(digits) ?? "00000000") }
  private static func digits(_ id: String) -> String { String(id.lowercased().filter(\.isHexDigit).prefix(8)) }
}

extension MetadataFacts {
  /// The tree below an EC2 version, which names what that version knew.
  func ec2(_ version: String) -> EC2Tree {
    func since(_ first: String) -> Bool { version == "1.0" ? false : version >= first }
    var data: [String: EC2Tree] = [
      "ami-id": .text(EC2ID.image(server.imageID)), "ami-launch-index": .text(String(server.launchIndex)),
      "ami-manifest-path": .text("FIXME"), "instance-id": .text(EC2ID.instance(server.id)),
      "hostname": .text(hostname), "local-ipv4": .text(addressesV4.first ?? ""),
      "reservation-id": .text(server.reservationID), "security-groups": .lines(securityGroups),
    ]
    if let name = server.keyName, let key = server.keyPublic {
      // The one folder whose name is not its path: `public-keys/` says `0=NAME`, and the key is below `0`.
      data["public-keys"] = .folder(["0": .folder(["openssh-key": .text(key)], listedAs: "0=" + name)])
    }
    if since("2007-01-19") {
      data["local-hostname"] = .text(hostname)
      data["public-hostname"] = .text(hostname)
      data["public-ipv4"] = .text(floatingAddresses.first ?? "")
    }
    if since("2007-08-29") { data["instance-type"] = .text(server.flavor.name) }
    if since("2007-12-15") { data["block-device-mapping"] = .folder(blockDevices) }
    if since("2008-02-01") {
      data["placement"] = .folder(["availability-zone": .text(server.availabilityZone ?? "nova")])
    }
    if since("2008-09-01") { data["instance-action"] = .text("none") }
    var tree: [String: EC2Tree] = ["meta-data": .folder(data)]
    if let userData { tree["user-data"] = .bytes(userData) }
    return .folder(tree)
  }

  /// Decoded; what is no Base64 is given as it is, for a guest can still make sense of it.
  var userData: [UInt8]? {
    server.userData.map { Base64.decode($0, ignoringSpace: true) ?? Array($0.utf8) }
  }

  private var blockDevices: [String: EC2Tree] {
    let root = server.rootDevice
    var devices: [String: EC2Tree] = [
      "ami": .text(root.hasPrefix("/dev/") ? String(root.dropFirst(5)) : root), "root": .text(root),
    ]
    let volumes = attachments.compactMap(\.device).filter { $0 != root }.sorted()
    for (index, device) in volumes.enumerated() { devices["ebs\(index)"] = .text(device) }
    return devices
  }
}
