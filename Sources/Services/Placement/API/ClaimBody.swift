internal import API
internal import Core
internal import JSON
internal import PlacementModel

/// How a claim is written in the body of each microversion.
struct ClaimBody {
  private let call: Call<Placement>
  /// Whether it stands in a body with several consumers, where it may always be empty.
  private let isPost: Bool

  init(_ call: Call<Placement>, isPost: Bool) {
    self.call = call
    self.isPost = isPost
  }
  private var version: Microversion { call.version }

  /// Who consumed before anyone had to say (until 1.7); the default of upstream's options of that name.
  private static let unknownOwner = "00000000-0000-0000-0000-000000000000"

  func readAll(_ body: JSON, mayBeEmpty: Bool) throws -> [Claim] {
    guard let members = body.object?.members, mayBeEmpty || !members.isEmpty else {
      throw Fault.badRequest("JSON does not validate: the body must be an object with at least one consumer.")
    }
    var seen: Set<String> = []
    return try members.map { text, value in
      guard let id = dashed(text), seen.insert(id).inserted else {
        throw Fault.badRequest("JSON does not validate: '\(text)' is not a consumer's uuid, or is there twice.")
      }
      return try read(value, consumer: id)
    }
  }

  func read(_ body: JSON, consumer: String) throws -> Claim {
    let object = try call.objectBody(body, keys: keys, required: required)
    let json = object["allocations"] ?? .null
    let resources = version < "1.12" ? try list(json) : try dictionary(json)
    guard isPost || version >= "1.28" || !resources.isEmpty else {
      throw Fault.badRequest("JSON does not validate: allocations does not have enough properties")
    }
    var claim = Claim(
      consumerID: consumer, projectID: try owner(object, "project_id"), userID: try owner(object, "user_id"),
      basis: .any, resources: resources)
    if let mappings = object["mappings"], mappings.object?.isEmpty ?? true {
      throw Fault.badRequest("JSON does not validate: mappings must be an object with at least one group.")
    }
    if version >= "1.28" {
      switch object["consumer_generation"] {
      case .null?: claim.basis = .absent
      case .int(let n)?: claim.basis = .generation(n)
      default: throw Fault.badRequest("JSON does not validate: consumer_generation must be an integer or null.")
      }
    }
    if version >= "1.38" {
      guard let type = object["consumer_type"]?.string, isSymbol(type), type.count <= 255 else {
        throw Fault.badRequest(
          "JSON does not validate: consumer_type must be capitals, digits and underscores, 255 at most.")
      }
      claim.type = type
    }
    return claim
  }

  private var required: Set<String> {
    var keys: Set<String> = ["allocations"]
    if version >= "1.8" { keys.formUnion(["project_id", "user_id"]) }
    if version >= "1.28" { keys.insert("consumer_generation") }
    if version >= "1.38" { keys.insert("consumer_type") }
    return keys
  }
  private var keys: Set<String> { version >= "1.34" ? required.union(["mappings"]) : required }

  private func owner(_ object: JSONObject, _ key: String) throws -> String {
    guard version >= "1.8" else { return Self.unknownOwner }
    guard let id = object[key]?.string, (1...255).contains(id.count) else {
      throw Fault.badRequest("JSON does not validate: \(key) must be a string of 1 to 255 characters.")
    }
    return id
  }

  private typealias Resources = [(provider: String, amounts: [(name: String, amount: Int)])]

  /// Until 1.11: a list of providers with their resources.
  private func list(_ json: JSON) throws -> Resources {
    guard let items = json.array, !items.isEmpty else {
      throw Fault.badRequest("JSON does not validate: allocations must be a list that is not empty.")
    }
    var all: Resources = []
    for item in items {
      let keys: Set<String> = ["resource_provider", "resources"]
      let object = try call.objectBody(item, keys: keys, required: keys)
      guard let id = object["resource_provider"]?["uuid"]?.string.flatMap(dashed) else {
        throw Fault.badRequest("JSON does not validate: resource_provider must have a uuid.")
      }
      all.removeAll { $0.provider == id }
      all.append((provider: id, amounts: try amounts(object["resources"])))
    }
    return all
  }

  /// Since 1.12: resources by provider.
  private func dictionary(_ json: JSON) throws -> Resources {
    guard let members = json.object?.members else {
      throw Fault.badRequest("JSON does not validate: allocations must be an object.")
    }
    var seen: Set<String> = []
    return try members.map { text, value in
      guard let id = dashed(text), seen.insert(id).inserted else {
        throw Fault.badRequest("JSON does not validate: '\(text)' is not a provider's uuid, or is there twice.")
      }
      let object = try call.objectBody(value, keys: ["generation", "resources"], required: ["resources"])
      return (provider: id, amounts: try amounts(object["resources"]))
    }
  }

  private func amounts(_ json: JSON?) throws -> [(name: String, amount: Int)] {
    guard let members = json?.object?.members, !members.isEmpty else {
      throw Fault.badRequest("JSON does not validate: resources does not have enough properties.")
    }
    var seen: Set<String> = []
    return try members.map { name, value in
      guard isSymbol(name), seen.insert(name).inserted, let amount = value.int,
        amount <= Inventory.largest
      else {
        throw Fault.badRequest("JSON does not validate: \(name): \(value) is no amount of a resource class.")
      }
      guard amount >= 1 else {
        throw Fault.badRequest("JSON does not validate: \(amount) is less than the minimum of 1 (\(name))")
      }
      return (name: name, amount: amount)
    }
  }
}
