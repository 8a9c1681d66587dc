internal import Core
public import Hardware

/// The stores of an image service: where bytes can go, and where those of an import are staged.
public struct ImageStores: Sendable {
  public struct Entry: Sendable {
    /// The operator's name for it.
    public let id: String
    /// What kind it is: `file`, `swift`, `s3`, `http`, `rbd`.
    public let type: String
    public let description: String?
    /// Of the stores that have an image, downloads prefer those of more weight.
    public let weight: Int
    /// What an administrator is told of it, in upstream's words (`data_dir`, `container`).
    public let properties: [String: String]
    public let backend: any ImageBackend

    public init(
      _ id: String, type: String, description: String? = nil, weight: Int = 0, properties: [String: String] = [:],
      _ backend: any ImageBackend
    ) {
      self.id = id
      self.type = type
      self.description = description
      self.weight = weight
      self.properties = properties
      self.backend = backend
    }
  }

  public let entries: [Entry]
  public let defaultID: String
  /// Takes the bytes of uploads that wait for their import.
  public let staging: any ImageBackend
  /// The store that is the staging area itself; nil where that is apart.
  public let stagingTwin: String?

  /// - Precondition: the default is one of the entries.
  public init(_ entries: [Entry], defaultID: String, staging: any ImageBackend, stagingTwin: String?) {
    precondition(entries.contains { $0.id == defaultID }, "the default store \(defaultID) is none of the stores")
    self.entries = entries
    self.defaultID = defaultID
    self.staging = staging
    self.stagingTwin = stagingTwin
  }

  /// One store, in which bytes are staged too.
  public init(single backend: any ImageBackend) {
    let id = ImageLocation.firstStore
    self.init([Entry(id, type: "file", backend)], defaultID: id, staging: backend, stagingTwin: id)
  }

  public var ids: [String] { entries.map(\.id) }

  /// The store of that name; images of before there were several name the first by its kind.
  public subscript(id: String) -> Entry? {
    entries.first { $0.id == id } ?? (id == ImageLocation.firstStore ? entries.first { $0.type == "file" } : nil)
  }

  /// Who keeps the bytes of a location; nil when the operator took the store away.
  public func backend(of location: ImageLocation) -> (any ImageBackend)? {
    location.store == ImageLocation.staging ? staging : self[location.store]?.backend
  }

  typealias Area = (name: String, backend: any ImageBackend)
  /// Two stores of the same area keep the same key once.
  func area(_ store: String) -> String {
    store == ImageLocation.staging ? stagingTwin ?? store : self[store]?.id ?? store
  }

  /// Whether the area is made of files, which answer at once.
  func isHere(_ area: String) -> Bool { area == ImageLocation.staging || self[area]?.type == "file" }

  /// The areas that take bytes in, each once.
  var areas: [Area] {
    let own = entries.filter { !$0.backend.isReadOnly }.map { (name: $0.id, backend: $0.backend) }
    return stagingTwin == nil ? own + [(name: ImageLocation.staging, backend: staging)] : own
  }

  /// The places of an image in the order in which they are tried.
  public func preferred(_ image: Image) -> [ImageLocation] {
    func weight(_ location: ImageLocation) -> Int { self[location.store]?.weight ?? 0 }
    return image.places.enumerated()
      .sorted { (weight($1.element), $0.offset) < (weight($0.element), $1.offset) }.map(\.element)
  }

  /// The store a request names, or the default.
  /// - Throws: `badRequest` where there is no such store, or it takes no bytes.
  public func writable(_ id: String?) throws -> Entry {
    guard let id else { return try writable(defaultID) }
    guard let entry = entries.first(where: { $0.id == id }) else {
      throw Fault.badRequest("Store for image_store '\(id)' not found. The stores are: \(ids.joined(separator: ", ")).")
    }
    guard !entry.backend.isReadOnly else {
      throw Fault(.gone, "The store '\(id)' is read-only: it takes no data. Use another of the stores.")
    }
    return entry
  }
}
