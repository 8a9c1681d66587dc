package import Config
internal import Core
internal import Text

/// What can be set of one image store, in the section that bears its name; the keys are upstream's.
package struct ImageStoreSettings: Sendable {
  package static let types = ["file", "http", "rbd", "s3", "swift"]

  package var description = ""
  package var weight = 0
  package var directory = ""

  package var s3Host = ""
  package var s3AccessKey = ""
  package var s3SecretKey = ""
  package var s3Bucket = ""
  package var s3CreatesBucket = false
  package var s3Region = ""
  package var s3PartMiB = 0

  package var swiftAddress = ""
  package var swiftVersion = 0
  package var swiftUser = ""
  package var swiftKey = ""
  package var swiftContainer = ""
  package var swiftCreatesContainer = false
  package var swiftRegion = ""
  package var swiftUserDomain = ""
  package var swiftProjectDomain = ""
  package var swiftSegmentMiB = 0

  package var rbdPool = ""
  package var rbdUser = ""
  package var rbdConfiguration = ""
  package var rbdChunkMiB = 0
  package var rbdConnectSeconds = 0
  package init() {}

  /// The keys of the store of that name.
  package static func options(_ name: String) -> [Option<Settings>] {
    [
      .option(name, "store_description", \.images[store: name].description, default: "", "What users are told of it."),
      .option(
        name, "weight", \.images[store: name].weight, default: 0, in: -1_000_000...1_000_000,
        "Of the stores that have an image, the heaviest is read."),
      .option(
        name, "filesystem_store_datadir", \.images[store: name].directory, default: "",
        "The directory; empty for one in the state directory."),
    ] + s3(name) + swift(name) + rbd(name)
  }

  private static func rbd(_ name: String) -> [Option<Settings>] {
    [
      .option(name, "rbd_store_pool", \.images[store: name].rbdPool, default: "images", "The pool in Ceph."),
      .option(
        name, "rbd_store_user", \.images[store: name].rbdUser, default: "",
        "Who the image service is in Ceph: glance for client.glance; empty for client.admin."),
      .option(
        name, "rbd_store_ceph_conf", \.images[store: name].rbdConfiguration, default: "",
        "Ceph's configuration file, which leads to its monitors and the user's keyring; empty for Ceph's own places."),
      .option(
        name, "rbd_store_chunk_size", \.images[store: name].rbdChunkMiB, default: 8, in: 1...32,
        "MiB of one object, rounded down to a power of two; some of these are held in memory for each upload."),
      .option(
        name, "rados_connect_timeout", \.images[store: name].rbdConnectSeconds, default: 10, in: 1...300,
        "Seconds after which a cluster that does not answer is held to be down."),
    ]
  }

  private static func s3(_ name: String) -> [Option<Settings>] {
    [
      .option(
        name, "s3_store_host", \.images[store: name].s3Host, default: "", as: "a URL, or empty", isURL,
        "Where the S3 service answers, such as https://s3.example.org."),
      .option(name, "s3_store_access_key", \.images[store: name].s3AccessKey, default: "", "The access key."),
      .option(
        name, "s3_store_secret_key", \.images[store: name].s3SecretKey, default: "", secret: true, "The secret key."),
      .option(name, "s3_store_bucket", \.images[store: name].s3Bucket, default: "glance", "The bucket."),
      .option(
        name, "s3_store_create_bucket_on_put", \.images[store: name].s3CreatesBucket, default: false,
        "Whether a bucket that is missing is made."),
      .option(
        name, "s3_store_region_name", \.images[store: name].s3Region, default: "us-east-1",
        "The region that signatures name."),
      .option(
        name, "s3_store_large_object_chunk_size", \.images[store: name].s3PartMiB, default: 16, in: 5...1024,
        "MiB of one part of a larger image; one part of an upload is held in memory."),
    ]
  }

  private static func swift(_ name: String) -> [Option<Settings>] {
    [
      .option(
        name, "swift_store_auth_address", \.images[store: name].swiftAddress, default: "", as: "a URL, or empty", isURL,
        "Where tokens for the object storage are had: keystone's v3, or the storage's own auth/v1.0."),
      .option(
        name, "swift_store_auth_version", \.images[store: name].swiftVersion, default: 3, in: 1...3,
        "3 for keystone, 1 for the storage's own."),
      .option(
        name, "swift_store_user", \.images[store: name].swiftUser, default: "",
        "project:user, or account:user with version 1."),
      .option(
        name, "swift_store_key", \.images[store: name].swiftKey, default: "", secret: true, "The user's password."),
      .option(
        name, "swift_store_container", \.images[store: name].swiftContainer, default: "glance", "The container."),
      .option(
        name, "swift_store_create_container_on_put", \.images[store: name].swiftCreatesContainer, default: false,
        "Whether a container that is missing is made."),
      .option(
        name, "swift_store_region", \.images[store: name].swiftRegion, default: "",
        "The region of the object storage in keystone's catalogue; empty for the first."),
      .option(
        name, "swift_store_user_domain", \.images[store: name].swiftUserDomain, default: "default",
        "The id of the user's domain."),
      .option(
        name, "swift_store_project_domain", \.images[store: name].swiftProjectDomain, default: "default",
        "The id of the project's domain."),
      .option(
        name, "swift_store_large_object_chunk_size", \.images[store: name].swiftSegmentMiB, default: 200, in: 1...5000,
        "MiB of one segment of a larger image."),
    ]
  }

  private static func isURL(_ text: String) -> Bool {
    text.isEmpty || text.hasPrefix("http://") || text.hasPrefix("https://")
  }
}

extension Settings {
  /// The settings, with a section for each image store that they name.
  package static func load(file: (name: String, text: String)?, sets: [String]) throws -> Loaded<Settings> {
    let key = "image.enabled_backends"
    var text = ""
    if let file {
      let ini = try Ini(parsing: file.text, source: file.name)
      text = ini.entries.filter { $0.section + "." + $0.key == key }.map(\.value).joined(separator: ",")
    }
    for set in sets where set.split(separator: "=").first.map({ trimmed($0) }) == key {
      text = String(set.drop { $0 != "=" }.dropFirst())
    }
    let known = Set(options.map(\.section))
    var names: [String] = []
    for backend in ([String](optionText: text) ?? []).compactMap({ ImageSettings.backend($0) }) {
      guard !known.contains(backend.name), !names.contains(backend.name) else {
        throw Fault.badRequest("\(key): '\(backend.name)' cannot name a store, since it names something else already.")
      }
      names.append(backend.name)
    }
    if names.isEmpty { names = ["file"] }
    let all = Configuration(configuration.options + names.flatMap(ImageStoreSettings.options))
    return try all.load(Settings(), file: file, sets: sets)
  }
}
