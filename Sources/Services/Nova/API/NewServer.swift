internal import API
internal import Core
internal import JSON
internal import NovaModel
internal import Text

/// The body of `POST /servers`, by microversion.
struct NewServer: Draft {
  var name = ""
  var imageRef: String?
  var flavorRef: JSON = .null
  var adminPass: String?
  var metadata: [String: String]?
  var networks: JSON?
  var diskConfig: String?
  var accessIPv4: String?
  var accessIPv6: String?
  var personality: JSON?
  var zone: String?
  var legacyVolumes: JSON?
  var volumes: JSON?
  var configDrive: JSON?
  var keyName: String?
  var minCount: JSON?
  var maxCount: JSON?
  var returnsReservation: JSON?
  var securityGroups: [JSON]?
  var userData: String?
  var description: String?
  var tags: [String]?
  var certificates: JSON?
  var host: String?
  var hypervisor: String?
  var hostname: String?

  static let shape = Shape<NewServer>("server", needed + placed + later)

  private static let needed: [Key<NewServer>] = [
    .key("name", \.name, .name(limit: 255), required: true), .key("imageRef", \.imageRef),
    .key("flavorRef", \.flavorRef, required: true), .key("adminPass", \.adminPass, .text(0...255)),
    .key("metadata", \.metadata, .custom(ServerChecks.metadata)), .key("networks", \.networks),
    .key("OS-DCF:diskConfig", \.diskConfig, .oneOf(["AUTO", "MANUAL"])),
    .key("accessIPv4", \.accessIPv4, .custom(ServerChecks.address4)),
    .key("accessIPv6", \.accessIPv6, .custom(ServerChecks.address6)),
  ]
  private static let placed: [Key<NewServer>] = [
    .key("personality", \.personality, until: "2.56"), .key("availability_zone", \.zone, .name(limit: 255)),
    .key("block_device_mapping", \.legacyVolumes), .key("block_device_mapping_v2", \.volumes),
    .key("config_drive", \.configDrive), .key("key_name", \.keyName, .name(limit: 255)),
    .key("min_count", \.minCount), .key("max_count", \.maxCount),
    .key("return_reservation_id", \.returnsReservation), .key("security_groups", \.securityGroups),
    .key("user_data", \.userData, .text(0...65535)),
  ]
  private static let later: [Key<NewServer>] = [
    .key("description", \.description, .text(0...255), since: "2.19"),
    .key("tags", \.tags, .custom(ServerChecks.tags), since: "2.52"),
    .key("trusted_image_certificates", \.certificates, since: "2.63"),
    .key("host", \.host, .name(limit: 255), since: "2.74"),
    .key("hypervisor_hostname", \.hypervisor, .name(limit: 255), since: "2.74"),
    .key("hostname", \.hostname, .custom(ServerChecks.hostname), since: "2.90"),
  ]

  /// The flavor's id, also where a client sent a whole URL.
  func flavorID() throws -> String {
    guard let text = flavorRef.string ?? flavorRef.int.map(String.init), !text.isEmpty else {
      throw Fault.badRequest("Invalid input for field/attribute flavorRef. Value: \(flavorRef.text).")
    }
    return text.split(separator: "/").last.map(String.init) ?? text
  }

  /// How many servers: at least and at most.
  func count() throws -> (least: Int, most: Int) {
    let most = try maxCount.flatMap { $0.isNull ? nil : try wholeNumber($0, "max_count", 1...Int(Int32.max)) }
    let least = try minCount.flatMap { $0.isNull ? nil : try wholeNumber($0, "min_count", 1...Int(Int32.max)) } ?? 1
    guard least <= most ?? least else { throw Fault.badRequest("min_count must be <= max_count") }
    return (least, most ?? least)
  }

  /// The names or ids of its security groups.
  func groups() throws -> [String] {
    var names: [String] = []
    for group in securityGroups ?? [] {
      guard let name = group["name"]?.string, !name.isEmpty else {
        throw Fault.badRequest("Invalid input for field/attribute security_groups. 'name' is a required property")
      }
      if !names.contains(name) { names.append(name) }
    }
    return names
  }

  /// What the fields say that need no record to be judged.
  func check(_ version: Microversion) throws {
    if version >= "2.37", networks == nil {
      throw Fault.badRequest("Invalid input for field/attribute server. 'networks' is a required property")
    }
    if let personality, personality.array?.isEmpty == false {
      throw Fault.badRequest(
        "Files cannot be injected into servers. Send them as user data or on the config drive, without personality."
      )
    }
    if let certificates, !certificates.isNull {
      throw Fault.badRequest(
        "Image certificate validation is not enabled, so trusted_image_certificates must be left out.")
    }
    if let userData, !userData.isEmpty, Base64.decode(userData, ignoringSpace: true) == nil {
      throw Fault.badRequest(
        "Invalid input for field/attribute user_data. Value: \(userData.prefix(40)). It is not a 'base64'")
    }
  }
}

/// Rules for single values of servers' bodies.
enum ServerChecks {
  static let metadata: @Sendable (JSON) throws -> Void = { value in
    for (key, text) in value.object?.members ?? [] {
      guard (1...255).contains(key.count) else {
        throw Fault.badRequest("Invalid input for field/attribute metadata. A key has from 1 to 255 characters.")
      }
      guard let text = text.string, text.count <= 255 else {
        throw Fault.badRequest(
          "Invalid input for field/attribute \(key). Value: \(text.text). It is a text of at most 255 characters.")
      }
      let isFit = key.utf8.allSatisfy {
        ($0 >= 48 && $0 <= 57) || ($0 | 32 >= 97 && $0 | 32 <= 122) || "-_:. ".utf8.contains($0)
      }
      guard isFit else {
        throw Fault.badRequest(
          "Invalid input for field/attribute metadata. The key \(key) holds other than letters, digits and -_:."
        )
      }
    }
  }

  static let tags: @Sendable (JSON) throws -> Void = { value in
    let tags = (value.array ?? []).compactMap(\.string)
    guard tags.count <= 50 else { throw Fault.badRequest("The number of tags exceeded the per-server limit 50") }
    for tag in tags { try check(tag: tag) }
  }
  static func check(tag: String) throws {
    guard (1...60).contains(tag.count), !tag.contains("/"), !tag.contains(",") else {
      throw Fault.badRequest(
        "Invalid input for field/attribute tag. Value: \(tag). It has from 1 to 60 characters without '/' and ','.")
    }
  }

  static let address4: @Sendable (JSON) throws -> Void = { value in
    guard let text = value.string, text.isEmpty || IPAddress(text)?.version == .v4 else {
      throw Fault.badRequest("Invalid input for field/attribute accessIPv4. Value: \(value.text). It is not a 'ipv4'")
    }
  }
  static let address6: @Sendable (JSON) throws -> Void = { value in
    guard let text = value.string, text.isEmpty || IPAddress(text)?.version == .v6 else {
      throw Fault.badRequest("Invalid input for field/attribute accessIPv6. Value: \(value.text). It is not a 'ipv6'")
    }
  }

  static let hostname: @Sendable (JSON) throws -> Void = { value in
    guard let text = value.string, (1...255).contains(text.count),
      text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy({ label in
        (1...63).contains(label.count) && label.first != "-" && label.last != "-"
          && label.utf8.allSatisfy { ($0 >= 48 && $0 <= 57) || ($0 | 32 >= 97 && $0 | 32 <= 122) || $0 == 45 }
      })
    else { throw Fault.badRequest("Invalid input for field/attribute hostname. Value: \(value.string ?? value.text).") }
  }

  /// A host name made of a display name, as upstream makes it; a server whose name leaves nothing is called by its id.
  static func hostname(from name: String, id: String) -> String {
    var kept = ""
    for c in name.lowercased().utf8 {
      switch c {
      case 32, 95: kept += "-"
      case 48...57, 97...122, 45, 46: kept.append(Character(Unicode.Scalar(c)))
      default: continue
      }
    }
    // Dots would make a domain of it.
    kept = String(kept.replacing(".", with: "-").prefix(63))
    while kept.first == "-" || kept.first == "." { kept.removeFirst() }
    while kept.last == "-" || kept.last == "." { kept.removeLast() }
    return kept.isEmpty ? "server-\(id)" : kept
  }
}
