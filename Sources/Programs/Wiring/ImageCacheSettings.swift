package import Config
internal import FileDisk
internal import Hardware
internal import Host
internal import Core

/// What can be set of the image cache of this host; the keys are upstream's, but for the first.
package struct ImageCacheSettings: Sendable {
  package var isOn = true
  package var directory = ""
  package var limit = 0
  package var nodeURL = ""
  package init() {}

  package static let options: [Option<Settings>] = [
    .option(
      "image", "image_cache", \.images.cache.isOn, default: true,
      "Whether images of stores on other machines are kept on this one once they were downloaded or queued."),
    .option(
      "image", "image_cache_dir", \.images.cache.directory, default: "",
      "The directory in which a directory `cache` holds them, best on the file system of the image store; empty for "
        + "one in the state directory."),
    .option(
      "image", "worker_self_reference_url", \.images.cache.nodeURL, default: "", as: "a URL, or empty",
      { $0.isEmpty || $0.hasPrefix("http://") || $0.hasPrefix("https://") },
      "Where this one of several image services answers: whose cache has an image is said by it. Empty for its port on "
        + "api.public_host."),
    .option(
      "image", "image_cache_max_size", \.images.cache.limit, default: 10 << 30, as: "a number of bytes, at least 0",
      { $0 >= 0 }, "The most bytes of images that stay in the cache; beyond them, the least recently read go."),
  ]

  /// Where the bytes are; nil where none are kept.
  func backend(_ state: StateDirectory, host: Host, world: World) -> (any ImageBackend)? {
    guard isOn else { return nil }
    // One level deeper than what was named, so that a store's own directory is never taken for the cache's.
    return ImageFiles(
      directory: (directory.isEmpty ? state.directory("images") : directory) + "/cache", host: host, world: world)
  }
}
