internal import Core
public import JSON
public import Store

/// One place where an image's bytes are, or are about to be.
public struct ImageLocation: Sendable, Equatable, JSONColumn {
  /// The id of the store.
  public var store: String
  /// What the store calls the bytes.
  public var key: String
  /// False while they are on their way: the place is named before the bytes are put there, so that nobody removes them
  /// as unwanted.
  public var isReady: Bool
  /// What clients said of it.
  public var metadata: JSONObject = [:]

  public init(store: String, key: String, isReady: Bool) {
    self.store = store
    self.key = key
    self.isReady = isReady
  }
  public init(json: JSON) throws {
    guard let store = json["store"]?.string, let key = json["key"]?.string else {
      throw Fault.internalError("An image's location cannot be read.", detail: json.text)
    }
    self.init(store: store, key: key, isReady: json["ready"]?.bool ?? true)
    metadata = json["metadata"]?.object ?? [:]
  }
  public var json: JSON {
    var object: JSONObject = ["store": .string(store), "key": .string(key), "ready": .bool(isReady)]
    if !metadata.isEmpty { object.append("metadata", .object(metadata)) }
    return .object(object)
  }

  /// Where staged bytes are (upstream's name, which no operator may give a store).
  public static let staging = "os_glance_staging_store"
  /// The store of those images that were made when there was only one.
  public static let firstStore = "file"
}

extension Image {
  /// Every place that may hold bytes of it, staged ones and those under way among them.
  public var allLocations: [ImageLocation] {
    guard locations.isEmpty, let storedHash, status != .queued else { return locations }
    let isStaged = status == .uploading || status == .importing
    return [
      ImageLocation(
        store: isStaged ? ImageLocation.staging : ImageLocation.firstStore, key: storedHash,
        isReady: uploadUntil == nil)
    ]
  }
  /// Where its bytes can be had.
  public var places: [ImageLocation] { allLocations.filter { $0.isReady && $0.store != ImageLocation.staging } }
  /// The stores that have its bytes, in the order in which they got them.
  public var stores: [String] { places.map(\.store) }
  /// Where its staged bytes are; nil while none are whole.
  public var staged: ImageLocation? { allLocations.first { $0.isReady && $0.store == ImageLocation.staging } }

  /// Names a place before bytes are put there.
  public mutating func refer(to location: ImageLocation) {
    put(allLocations.filter { $0.store != location.store } + [location])
  }
  /// The bytes of a place that was named are there.
  /// - Throws: `gone` where the place is named no more: somebody else carries on, or has taken it back.
  public mutating func settle(_ place: ImageLocation) throws {
    var all = allLocations
    guard let index = all.firstIndex(where: { $0.store == place.store && $0.key == place.key }) else {
      throw Fault(.gone, "The data of the image \(id) is not wanted in the store '\(place.store)' any more.")
    }
    all[index].isReady = true
    put(all)
  }
  /// Names bytes in the staging area besides those that are there, which go when it is written down that they are not
  /// used any more.
  public mutating func stage(_ key: String, isReady: Bool) {
    put(
      allLocations.filter { $0.store != ImageLocation.staging || $0.key != key }
        + [ImageLocation(store: ImageLocation.staging, key: key, isReady: isReady)])
  }
  /// The image has no bytes in the store any more.
  public mutating func leave(_ store: String) {
    put(allLocations.filter { $0.store != store })
  }
  /// Names all places anew.
  public mutating func put(_ places: [ImageLocation]) {
    locations = places
    storedHash = nil
  }
}

extension Image {
  /// Forgets the places that a queued image was said to have and that proved wrong.
  public mutating func startAnew() {
    guard status == .queued else { return }
    put([])
  }

  /// Its bytes are in that place too, which others keep.
  public mutating func stay(at location: ImageLocation, position: Int? = nil) {
    var all = allLocations
    all.insert(location, at: min(position ?? all.count, all.count))
    put(all)
  }
}
