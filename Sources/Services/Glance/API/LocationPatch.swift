internal import API
internal import Core
internal import GlanceModel
internal import JSON
internal import Store

/// The changes of a PATCH to the list of an image's locations.
enum LocationPatch {
  /// - Parameter sizes: how many bytes there are at each URL that the patch names.
  static func apply(
    _ patch: ImagePatch, to image: inout Image, _ sizes: [String: Int], _ call: Call<Glance>
  ) throws {
    for change in patch.changes where change.key == "locations" {
      try require(change, image, call)
      switch change.operation {
      case .add: try add(change, to: &image, sizes, call)
      case .remove: try remove(change, from: &image)
      case .replace: try replace(change, in: &image, sizes, call)
      }
      try requireRoom(image.places.count, call)
    }
  }

  /// Whether the caller may make this change to an image as it is now.
  static func require(_ change: ImagePatch.Change, _ image: Image, _ call: Call<Glance>) throws {
    guard call.service.options.showsLocations else {
      throw Fault.forbidden(
        "It's not allowed to \(change.operation.rawValue) locations if locations are invisible.")
    }
    let rule = change.operation == .remove ? "delete_image_location" : "set_image_location"
    guard call.permits(image.target(member: nil), rule: rule) else {
      throw Fault.forbidden("You are not authorized to complete \(rule) action.")
    }
    let isOpen = image.status == .active || (image.status == .queued && change.operation != .remove)
    guard isOpen else {
      throw Fault.conflict(
        "It's not allowed to \(change.operation.rawValue) locations if image status is \(image.status.rawValue).")
    }
  }

  static func requireRoom(_ count: Int, _ call: Call<Glance>) throws {
    try ImageLimits.require(count, "locations", within: call.service.options.imageLocationQuota)
  }

  private static func parts(_ value: JSON) throws -> (url: String, metadata: JSONObject) {
    guard let url = value["url"]?.string, let metadata = value["metadata"]?.object else {
      throw Fault.badRequest("Provided object does not match schema 'location': it needs a url and metadata.")
    }
    return (url, metadata)
  }

  private static func add(
    _ change: ImagePatch.Change, to image: inout Image, _ sizes: [String: Int], _ call: Call<Glance>
  ) throws {
    let (url, metadata) = try parts(change.value)
    let facts = try LocationFacts(of: [change.value], for: image)
    let text = change.position ?? ""
    guard text == "-" || Int(text).map({ $0 >= 0 }) ?? false else {
      throw Fault.badRequest("Invalid position for adding a location.")
    }
    let place = try Locations.place(url, call, metadata: metadata)
    guard !image.allLocations.contains(where: { Locations.url(of: $0, call.service.stores) == url }) else {
      throw Fault.badRequest("The location \(url) already exists")
    }
    image.startAnew()
    image.stay(at: place, position: Int(text))
    settle(&image, facts, size: sizes[url])
  }

  /// The first location makes an image active.
  private static func settle(_ image: inout Image, _ facts: LocationFacts, size: Int?) {
    if image.size == nil { image.size = size }
    guard image.status == .queued else { return }
    facts.apply(to: &image)
    image.status = .active
  }

  private static func remove(_ change: ImagePatch.Change, from image: inout Image) throws {
    let places = image.places
    guard places.count > 1 else { throw Fault.forbidden("Cannot remove last location in the image.") }
    let text = change.position ?? ""
    let position = text == "-" ? places.count - 1 : Int(text) ?? -1
    guard places.indices.contains(position) else {
      throw Fault.badRequest("Invalid position for removing a location.")
    }
    image.put(image.allLocations.filter { $0 != places[position] })
  }

  /// Other metadata for the same places; other places only where there was none.
  private static func replace(
    _ change: ImagePatch.Change, in image: inout Image, _ sizes: [String: Int], _ call: Call<Glance>
  ) throws {
    guard let values = change.value.array else { throw Fault.badRequest("Invalid locations") }
    guard !values.isEmpty else { throw Fault.forbidden("Cannot set locations to empty list.") }
    let wanted = try values.map(parts)
    let facts = try LocationFacts(of: values, for: image)
    let stores = call.service.stores
    let known = image.places
    if known.isEmpty {
      for (i, (url, metadata)) in wanted.enumerated() {
        guard !wanted[..<i].contains(where: { $0.url == url }) else {
          throw Fault.badRequest("The location \(url) already exists")
        }
        image.stay(at: try Locations.place(url, call, metadata: metadata))
        settle(&image, facts, size: sizes[url])
      }
      return
    }
    guard known.map({ Locations.url(of: $0, stores) }).sorted() == wanted.map(\.url).sorted() else {
      throw Fault.badRequest("Original locations is not empty: add and remove locations one by one.")
    }
    let said = wanted.compactMap { url, metadata in
      var place = known.first { Locations.url(of: $0, stores) == url }
      place?.metadata = JSONObject(metadata.members.filter { $0.key != "store" })
      return place
    }
    // Those under way are none that clients see, and stay.
    image.put(said + image.allLocations.filter { !known.contains($0) })
  }
}

extension ImagePatch {
  /// How many bytes there are at each URL that is new, asked before the image is touched: for those alone who may
  /// make the change, and for no more places than an image may have.
  func look(_ call: Call<Glance>) async throws -> [String: Int] {
    let changes = changes.filter { $0.key == "locations" }
    guard !changes.isEmpty else { return [:] }
    var image = try await ImageAccess.image(call)
    let urls = Set(image.places.map { Locations.url(of: $0, call.service.stores) })
    var count = image.places.count
    for change in changes {
      try LocationPatch.require(change, image, call)
      switch change.operation {
      case .add: count += 1
      case .remove: count -= 1
      case .replace: count = change.value.array?.count ?? 0
      }
      try LocationPatch.requireRoom(count, call)
      // As the change would leave it for the next.
      if count > 0 { image.status = .active }
    }
    var sizes: [String: Int] = [:]
    for change in changes where change.operation != .remove {
      for value in change.value.array ?? [change.value] {
        guard let url = value["url"]?.string, !urls.contains(url), sizes[url] == nil else { continue }
        // What replaces known places is refused without a look.
        if change.operation == .replace, !urls.isEmpty { continue }
        sizes[url] = try await Locations.size(of: url, call)
      }
    }
    return sizes
  }
}

/// What clients say of the bytes at a place: checksum and hash (upstream's `validation_data`).
struct LocationFacts: Sendable {
  private(set) var checksum: String?
  private(set) var hash: String?

  /// - Throws: a conflict for what contradicts itself or the image, or is no checksum.
  init(of values: [JSON], for image: Image) throws {
    var given: [String: String] = [:]
    for (key, value) in values.flatMap({ $0["validation_data"]?.object?.members ?? [] }) {
      guard let text = value.string else { throw Fault.badRequest("\(key) is a text.") }
      if let other = given[key], other != text { throw Fault.conflict("Conflicting values for \(key)") }
      given[key] = text
    }
    let known = [
      "checksum": image.checksum, "os_hash_value": image.hashValue,
      "os_hash_algo": image.hashValue == nil ? nil : image.hashAlgorithm ?? "sha512",
    ]
    for (key, text) in given {
      guard let current = known[key] ?? nil else { continue }
      guard current == text else { throw Fault.conflict("\(key) is already set with a different value") }
      given[key] = nil
    }
    guard !given.isEmpty else { return }
    guard image.status == .queued else {
      throw Fault.conflict(
        "New value(s) for \(given.keys.sorted().joined(separator: ", ")) may only be provided when image status is "
          + "'queued'")
    }
    guard given["os_hash_algo"] == "sha512" else {
      throw Fault.conflict("os_hash_algo must be sha512, not \(given["os_hash_algo"] ?? "None")")
    }
    for (key, count) in [("checksum", 32), ("os_hash_value", 128)] {
      guard let text = given[key] else { continue }
      guard text.utf8.count == count, text.allSatisfy(\.isHexDigit) else {
        throw Fault.conflict("\(key) (\(text)) is not \(count / 2) bytes in hexadecimal digits")
      }
    }
    guard let hash = given["os_hash_value"] else { throw Fault.conflict("os_hash_value is missing") }
    self.hash = hash
    checksum = given["checksum"]
  }

  func apply(to image: inout Image) {
    if let checksum { image.checksum = checksum }
    if let hash { image.hashValue = hash }
  }
}
