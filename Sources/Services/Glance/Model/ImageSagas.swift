public import Work

// The long work on images, as values: what the API hands over. The steps stand in GlanceWork.

/// Takes staged bytes, or bytes from the web, over into stores.
public struct ImportImage: SagaValue {
  public static let name = "image.import"
  public var image: String
  /// By which the image is held; upstream's task id.
  public var task: String
  /// From where the bytes come; nil where they are staged already.
  public var uri: String?
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
  /// What the image was before plug-ins changed it.
  public var formats: Formats?
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
    image: String, task: String, uri: String?, stores: [String], allMustSucceed: Bool,
    plugins: [ImportOptions.Plugin], roles: [String]
  ) {
    self.image = image
    self.task = task
    self.uri = uri
    self.stores = stores
    self.allMustSucceed = allMustSucceed
    self.plugins = plugins
    self.roles = roles
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

/// Brings a queued image into the cache of this host.
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
