internal import Core
internal import JSON
internal import NovaModel

/// OpenStack's `meta_data.json` and its neighbours.
extension MetadataFacts {
  /// The files of a version, in the order in which a guest that lists them sees them; `password` is not among them,
  /// for it is a place to write to.
  func openstackFiles(_ version: String) -> [(name: String, content: [UInt8])] {
    var files: [(name: String, content: [UInt8])] = [("meta_data.json", metaData(version).bytes)]
    if let userData { files.append(("user_data", userData)) }
    if version >= "2013-10-17" { files.append(("vendor_data.json", [UInt8]("{}".utf8))) }
    if version >= "2015-10-15" { files.append(("network_data.json", NetworkData(self).json.bytes)) }
    if version >= "2016-10-06" { files.append(("vendor_data2.json", [UInt8](#"{"static": {}}"#.utf8))) }
    return files
  }

  func metaData(_ version: String) -> JSON {
    var data: JSONObject = ["uuid": .string(server.id)]
    if !server.metadata.isEmpty { data["meta"] = server.metadata.json }
    if let name = server.keyName, let key = server.keyPublic, let keyType {
      data["public_keys"] = .object(JSONObject([(key: name, value: .string(key))]))
      data["keys"] = [["name": .string(name), "type": .string(keyType), "data": .string(key)]]
    }
    data["hostname"] = .string(hostname)
    data["name"] = .string(server.name)
    data["launch_index"] = .int(server.launchIndex)
    data["availability_zone"] = .string(server.availabilityZone ?? "nova")
    if version >= "2013-04-04" { data["random_seed"] = .string(Base64.encode(randomSeed)) }
    if version >= "2015-10-15" { data["project_id"] = .string(server.projectID) }
    if version >= "2016-06-30" { data["devices"] = .array(devices(version)) }
    if version >= "2020-10-14" { data["dedicated_cpus"] = [] }
    return .object(data)
  }

  /// Cards and volumes that the user has given a tag, so that the guest can tell them apart.
  private func devices(_ version: String) -> [JSON] {
    let cards: [JSON] = server.nics.compactMap { nic in
      guard let tag = nic.tag else { return nil }
      var device: JSONObject = [:]
      if version >= "2018-08-27" { device["vf_trusted"] = false }
      device["type"] = "nic"
      device["mac"] = .string(nic.mac)
      device["bus"] = "pci"
      device["address"] = "none"
      device["tags"] = [.string(tag)]
      return .object(device)
    }
    let disks: [JSON] = attachments.compactMap { attachment in
      guard let tag = attachment.tag else { return nil }
      return [
        "type": "disk", "serial": .string(attachment.volumeID), "path": attachment.device.json, "bus": "none",
        "address": "none", "tags": [.string(tag)],
      ]
    }
    return cards + disks
  }
}
