internal import Core
internal import Crypto
internal import FileDisk
internal import GlanceModel
internal import GlanceWork
internal import HTTP
internal import Hardware
internal import Host
internal import IO
internal import ObjectStores

#if RBD
  internal import RBD
#endif

extension ImageStores {
  /// The stores that the settings name. Bytes are staged in the default store where that is made of files, else in a
  /// directory of their own.
  init(_ all: Settings, state: StateDirectory, host: Host, world: World) throws {
    let settings = all.images
    var entries: [Entry] = []
    let far = FarStores(rules: WebRules(settings), mark: state.secrets.mark, world: world)
    let files = Files(state: state, host: host, world: world, node: all.isShared ? all.node : nil, role: all.roles)
    for text in settings.enabledBackends {
      guard let (name, type) = ImageSettings.backend(text) else { continue }
      entries.append(try Self.entry(name, type, settings[store: name], files, far))
    }
    let writable = entries.filter { !$0.backend.isReadOnly }
    let id = settings.defaultBackend.isEmpty ? writable.first?.id ?? "" : settings.defaultBackend
    guard let first = entries.first(where: { $0.id == id }) else {
      throw Fault.badRequest(
        "image.default_backend: there is no store '\(id)' that takes images; name one of "
          + writable.map(\.id).joined(separator: ", ") + ".")
    }
    let isFiles = first.type == "file"
    let staging = state.directory("images/staging")
    try Self.requireApart(entries, settings, staging: isFiles ? nil : staging)
    self.init(
      entries, defaultID: id,
      staging: isFiles ? first.backend : ImageFiles(directory: staging, host: host, world: world),
      stagingTwin: isFiles ? id : nil)
  }

  private static func entry(
    _ name: String, _ type: String, _ settings: ImageStoreSettings, _ files: Files, _ far: FarStores
  ) throws -> Entry {
    func made(_ backend: any ImageBackend, _ properties: [String: String]) -> Entry {
      Entry(
        name, type: type, description: settings.description.isEmpty ? nil : settings.description,
        weight: settings.weight, properties: properties, backend)
    }
    switch type {
    case "swift":
      return made(try far.swift(name, settings), ["container": settings.swiftContainer, "auth": settings.swiftAddress])
    case "s3":
      return made(try far.bucket(name, settings), ["s3_store_host": settings.s3Host, "bucket": settings.s3Bucket])
    case "http": return made(try far.web(), [:])
    case "rbd":
      return made(
        try pool(name, settings, far.mark(of: name), far.world),
        ["pool": settings.rbdPool, "chunk_size": String(settings.rbdChunkMiB << 20), "thin_provisioning": "true"])
    default:
      let directory = try files.directory(of: name, settings)
      return made(files.images(in: directory), ["data_dir": directory])
    }
  }
}

/// The stores that are made of files.
private struct Files {
  let state: StateDirectory
  let host: Host
  let world: World
  /// The name of this node, where others may use the same directories.
  let node: String?
  let role: Settings.Roles

  /// - Throws: `badRequest` for a directory that another process of the cloud cannot have.
  func directory(of store: String, _ settings: ImageStoreSettings) throws -> String {
    guard settings.directory.isEmpty else { return settings.directory }
    guard role == .all else {
      throw Fault.badRequest(
        "[\(store)] filesystem_store_datadir is missing: a further image service keeps images where the cloud's other "
          + "processes find them. Name a directory that all of them share, or use stores on other machines.")
    }
    return state.directory(store == ImageLocation.firstStore ? "images" : "images-" + store)
  }

  func images(in directory: String) -> ImageFiles {
    ImageFiles(directory: directory, host: host, world: world, node: node)
  }
}

extension ImageStores {
  #if RBD
    private static func pool(
      _ name: String, _ settings: ImageStoreSettings, _ mark: String, _ world: World
    ) throws -> any ImageBackend {
      var place = RBDImages.Place(pool: settings.rbdPool)
      place.user = settings.rbdUser
      place.configuration = settings.rbdConfiguration
      place.chunkSize = settings.rbdChunkMiB << 20
      place.mark = mark
      place.timeout = .seconds(settings.rbdConnectSeconds)
      return try RBDImages(place, world: world)
    }
  #else
    private static func pool(
      _ name: String, _ settings: ImageStoreSettings, _ mark: String, _ world: World
    ) throws -> any ImageBackend {
      throw Fault.badRequest(
        "image.enabled_backends: the store '\(name)' is in Ceph, which this build of Martlet has no part for. Install "
          + "librbd-dev and librados-dev and build it with `make build TRAITS=RBD`, or take the store out.")
    }
  #endif
}

/// The stores on other machines, with the one client that they share; it starts with the first of them.
private final class FarStores {
  let world: World
  private let rules: WebRules
  private let mark: String
  private var made: HTTPClient?

  /// - Parameter mark: of this cloud, in the names of what it keeps.
  init(rules: WebRules, mark: String, world: World) {
    self.rules = rules
    self.mark = mark
    self.world = world
  }

  private func client() throws -> HTTPClient {
    let client = try made ?? HTTPClient(loop: EventLoop.start(name: "image-stores"))
    made = client
    return client
  }

  /// By which a store knows its own, also where another one reaches the same place under another name.
  func mark(of store: String) -> String { String(Hash.sha256(Array("\(mark)/\(store)".utf8)).hex.prefix(8)) }

  /// - Throws: `badRequest` where the store's section lacks what it cannot do without.
  private func require(_ name: String, _ values: [String: String]) throws {
    for (key, value) in values.sorted(by: { $0.key < $1.key }) where value.isEmpty {
      throw Fault.badRequest("[\(name)] \(key) is missing: the image store '\(name)' cannot be reached without it.")
    }
  }

  func swift(_ name: String, _ settings: ImageStoreSettings) throws -> any ImageBackend {
    try require(
      name,
      [
        "swift_store_auth_address": settings.swiftAddress, "swift_store_user": settings.swiftUser,
        "swift_store_key": settings.swiftKey,
      ])
    var place = SwiftImages.Place(
      authURL: settings.swiftAddress, version: settings.swiftVersion == 1 ? 1 : 3, user: settings.swiftUser,
      key: settings.swiftKey, container: settings.swiftContainer)
    place.region = settings.swiftRegion
    place.userDomain = settings.swiftUserDomain
    place.projectDomain = settings.swiftProjectDomain
    place.segmentSize = settings.swiftSegmentMiB << 20
    place.mark = mark(of: name)
    place.isMade = settings.swiftCreatesContainer
    return SwiftImages(place, client: try client(), world: world)
  }

  func bucket(_ name: String, _ settings: ImageStoreSettings) throws -> any ImageBackend {
    try require(
      name,
      [
        "s3_store_host": settings.s3Host, "s3_store_access_key": settings.s3AccessKey,
        "s3_store_secret_key": settings.s3SecretKey,
      ])
    var bucket = S3Images.Bucket(
      url: settings.s3Host, name: settings.s3Bucket, accessKey: settings.s3AccessKey, secretKey: settings.s3SecretKey)
    bucket.region = settings.s3Region
    bucket.partSize = settings.s3PartMiB << 20
    bucket.mark = mark(of: name)
    bucket.isMade = settings.s3CreatesBucket
    return S3Images(bucket, client: try client(), world: world)
  }

  func web() throws -> any ImageBackend {
    let rules = rules
    return WebImages(client: try client()) { url in
      try await WebDownload.judge(url, rules) { try await Host.real.addresses(of: $0) }
    }
  }
}
