public import Core
public import Crypto
public import Work

// The long work on images, as values: what the API hands over. The steps stand in GlanceWork.

/// Takes staged bytes, or bytes from the web, over into stores.
public struct ImportImage: SagaValue {
  public static let name = "image.import"
  public var image: String
  /// By which the image is held; upstream's task id.
  public var task: String
  /// From where the bytes come; nil where they are staged already, or another image's.
  public var uri: String?
  /// The image of another region that is taken over; nil where it is none.
  public var remote: RemoteImage?
  public var stores: [String]
  /// Whether one store that fails makes the whole import fail.
  public var allMustSucceed: Bool
  public var plugins: [ImportOptions.Plugin]
  /// Of whoever asked.
  public var roles: [String]

  /// Where the bytes are staged now.
  public var staged: String?
  /// What is known of them.
  public var facts: Facts?
  /// What the image was before it was changed.
  public var formats: Formats?
  /// What the bytes are said to be as they came.
  public var received: Formats?
  /// The user's own properties of the kinds that another image's take the place of.
  public var properties: [String: String] = [:]
  public var virtualSize: Int?
  public var failed: [String] = []

  public struct Facts: Codable, Sendable, Equatable {
    public var size: Int
    public var checksum: String
    public var hash: String
    public init(size: Int, checksum: String, hash: String) {
      self.size = size
      self.checksum = checksum
      self.hash = hash
    }
  }
  public struct Formats: Codable, Sendable, Equatable {
    public var disk: String?
    public var container: String?
    public init(disk: String?, container: String?) {
      self.disk = disk
      self.container = container
    }
  }

  public var subject: String { image }
  public init(
    image: String, task: String, uri: String?, remote: RemoteImage? = nil, stores: [String], allMustSucceed: Bool,
    plugins: [ImportOptions.Plugin], roles: [String]
  ) {
    self.image = image
    self.task = task
    self.uri = uri
    self.remote = remote
    self.stores = stores
    self.allMustSucceed = allMustSucceed
    self.plugins = plugins
    self.roles = roles
  }
}

/// An image of another region's image service, asked for in the name of whoever wants it.
public struct RemoteImage: Codable, Sendable, Equatable {
  public var id: String
  public var region: String
  /// `public`, `internal` or `admin`.
  public var interface: String
  /// The token of whoever asked, since the other service judges what that user may see; sealed, for it is written down.
  private var sealed: String

  public init(id: String, region: String, interface: String, token: String, vault: Fernet, world: World) throws {
    self.id = id
    self.region = region
    self.interface = interface
    sealed = try vault.seal(Array(token.utf8), world: world)
  }

  /// - Throws: `conflict` when the key is another than it was.
  public func token(_ vault: Fernet) throws -> String {
    guard let opened = vault.open(sealed) else {
      throw Fault.conflict("What was kept of the request cannot be read any more. Ask for the import again.")
    }
    return String(decoding: opened.bytes, as: UTF8.self)
  }
}

/// Copies an active image into further stores.
public struct CopyImage: SagaValue {
  public static let name = "image.copy"
  public var image: String
  public var task: String
  public var stores: [String]
  public var allMustSucceed: Bool
  public var failed: [String] = []
  public var subject: String { image }
  public init(image: String, task: String, stores: [String], allMustSucceed: Bool) {
    self.image = image
    self.task = task
    self.stores = stores
    self.allMustSucceed = allMustSucceed
  }
}

/// Brings a queued image into the cache of the host on which it begins.
public struct CacheImage: SagaValue {
  public static let name = "image.cache"
  public var image: String
  /// By which the queue's entry is known again.
  public var ticket: String
  public var subject: String { image }
  public init(image: String, ticket: String) {
    self.image = image
    self.ticket = ticket
  }
}

/// Lets an image's data stay where it is on the web, and reads it once for its hash. Without a hash to compare with,
/// the image can be used before it is read; upstream does so too.
public struct TakeLocation: SagaValue {
  public static let name = "image.location"
  public var image: String
  public var task: String
  public var store: String
  public var url: String
  /// The name of the hash that is kept beside MD5.
  public var algorithm: String
  /// What that hash must be; nil where nobody said.
  public var expected: String?

  /// Bytes of the data.
  public var size: Int?
  public var checksum: String?
  public var hash: String?

  public var subject: String { image }
  public init(image: String, task: String, store: String, url: String, algorithm: String, expected: String?) {
    self.image = image
    self.task = task
    self.store = store
    self.url = url
    self.algorithm = algorithm
    self.expected = expected
  }
}
