internal import Core
internal import Store

/// Where a process answers for images, among several of one cloud: by its name in their entries it is found.
struct ImageNode: Record {
  var name = ""
  var url = ""

  static let table = Table<ImageNode>(
    "glance_nodes", since: 2, logged: false,
    [.column("name", \.name, key: true, since: 2), .column("url", \.url, since: 2)])
}

extension ImageCache {
  /// Writes down where this node answers.
  func introduce() async throws {
    let own = ImageNode(name: node, url: url)
    try await store.write { try await $0.put(own) }
  }

  /// Where those nodes answer that have an image in their caches, sorted.
  public func urls(caching image: String) async throws -> [String] {
    try await store.read { transaction in
      let entries = try await transaction.all(
        CachedImage.self, "WHERE image_id = \(image) AND status = \(CachedImage.Status.cached)")
      let nodes = try await transaction.all(ImageNode.self, "WHERE name IN (\(list: entries.map(\.node)))")
      return nodes.map(\.url).sorted()
    }
  }
}
