internal import Core
public import Store

/// That an image names bytes: by these rows bytes find the images that want them, however many places an image has.
/// They are written with every change of an image, in its transaction.
public struct ImagePlace: Record, Hashable {
  public var imageID = ""
  public var store = ""
  public var key = ""
  public init() {}

  public static let table = Table<ImagePlace>(
    "glance_image_places", since: 2, logged: false,
    [
      .column("image_id", \.imageID, key: true, since: 2),
      .column("store", \.store, key: true, since: 2),
      .column("place_key", \.key, key: true, since: 2, indexed: true),
    ])

  /// No store that we put bytes into has longer keys; a URL may be longer than an index takes, and nothing is removed
  /// from where it leads.
  private static let longest = 255

  static func all(of image: Image) -> Set<ImagePlace> {
    Set(
      image.allLocations.filter { $0.key.utf8.count <= longest }.map { location in
        var place = ImagePlace()
        (place.imageID, place.store, place.key) = (image.id, location.store, location.key)
        return place
      })
  }

  /// The images that name the key in any store; those of before there were several have no rows of places.
  static func images(naming key: String, in transaction: some ReadTransaction) async throws -> [Image] {
    try await transaction.all(
      Image.self, "WHERE stored_hash = \(key) OR id IN (SELECT image_id FROM \(table) WHERE place_key = \(key))")
  }
}

extension Image {
  public static func hasChanged(from before: Image?, to after: Image?, in transaction: Transaction) async throws {
    let old = before.map(ImagePlace.all) ?? []
    let new = after.map(ImagePlace.all) ?? []
    for place in old where !new.contains(place) {
      try await transaction.deleteAll(
        ImagePlace.self,
        "WHERE image_id = \(place.imageID) AND store = \(place.store) AND place_key = \(place.key)")
    }
    // Images of before there were rows have none until they are given places.
    let known = before?.locations.isEmpty ?? true ? [] : old
    for place in new where !known.contains(place) { _ = try await transaction.insertUnlessPresent(place) }
  }
}
