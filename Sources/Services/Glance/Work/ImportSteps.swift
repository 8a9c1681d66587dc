public import Core
internal import Crypto
public import GlanceModel
internal import Hardware
internal import Host
internal import JSON
internal import Log
internal import Store
public import Work

extension ImportImage: Saga {
  public static let steps: [Step<ImportImage>] = [
    .step("note", note, undo: unstage),
    .step("stage", stage, undo: restore),
    .step("unpack", unpack, undo: restore),
    .step("convert", convert, undo: restore),
    .step("describe", describe),
    .step("inspect", inspect),
    .step("keep", keep, undo: withdraw),
    .step("clear", clear),
  ]

  /// Written down before anything is changed, so that a crash in between does not take the new for the old.
  private static func note(_ saga: inout ImportImage, _ c: ImageWork) async throws {
    try await c.begin(saga.task)
    let image = try await c.image(saga.image, heldBy: saga.task)
    saga.formats = Formats(disk: image.diskFormat, container: image.containerFormat)
    if saga.remote != nil { saga.properties = image.properties.filter { c.isTaken($0.key) } }
  }

  private static func stage(_ saga: inout ImportImage, _ c: ImageWork) async throws {
    let image = try await c.image(saga.image, heldBy: saga.task)
    if let remote = saga.remote { try await c.adopt(remote, for: saga) }
    if saga.uri != nil || saga.remote != nil {
      let pieces = try await c.pieces(for: saga)
      let (key, facts) = try await c.stage(saga.image, heldBy: saga.task, pieces)
      saga.staged = key
      saga.facts = facts
    } else if let staged = image.staged, let size = image.size, let checksum = image.checksum,
      let hash = image.hashValue
    {
      saga.staged = staged.key
      saga.facts = Facts(size: size, checksum: checksum, hash: hash)
    } else {
      throw Fault.conflict("The staged data of the image \(saga.image) is gone. Stage it again.")
    }
    let whole = try await c.image(saga.image, heldBy: saga.task)
    saga.received = Formats(disk: whole.diskFormat, container: whole.containerFormat)
  }

  /// The image waits for data again, so nothing is kept of what came.
  private static func unstage(_ saga: inout ImportImage, _ c: ImageWork) async throws {
    try await c.withdraw(saga.image, heldBy: saga.task, from: ImageLocation.staging)
  }

  private static func unpack(_ saga: inout ImportImage, _ c: ImageWork) async throws {
    try await c.clearAway(besides: saga.staged, of: saga.image, heldBy: saga.task)
    guard saga.plugins.contains(.decompression) else { return }
    try await c.unpack(&saga)
  }

  private static func convert(_ saga: inout ImportImage, _ c: ImageWork) async throws {
    try await c.clearAway(besides: saga.staged, of: saga.image, heldBy: saga.task)
    guard saga.plugins.contains(.conversion) else { return }
    try await c.convert(&saga)
  }

  /// What the user declared.
  private static func restore(_ saga: inout ImportImage, _ c: ImageWork) async throws {
    guard let formats = saga.formats else { return }
    let (isRemote, properties) = (saga.remote != nil, saga.properties)
    do {
      try await c.change(saga.image, heldBy: saga.task) { image in
        image.diskFormat = formats.disk
        image.containerFormat = formats.container
        guard isRemote else { return }
        image.properties = image.properties.filter { !c.isTaken($0.key) }.merging(properties) { $1 }
      }
    } catch let fault as Fault where fault.kind == .gone { return }
  }

  private static func describe(_ saga: inout ImportImage, _ c: ImageWork) async throws {
    try await c.clearAway(besides: saga.staged, of: saga.image, heldBy: saga.task)
    let (inject, ignored) = (c.options.imports.inject, c.options.imports.ignoredRoles)
    guard saga.plugins.contains(.metadata), !inject.isEmpty, !saga.roles.contains(where: ignored.contains) else {
      return
    }
    try await c.change(saga.image, heldBy: saga.task) { image in
      for (key, value) in inject where !key.hasPrefix("os_glance") { image.properties[key] = value }
    }
  }

  private static func inspect(_ saga: inout ImportImage, _ c: ImageWork) async throws {
    let image = try await c.image(saga.image, heldBy: saga.task)
    let content = try await c.content(staged: saga)
    try await c.verify(image, content)
    guard let format = image.inspectedFormat else { return }
    do {
      let header = ImageHeader(try await c.head(of: content), size: content.size)
      try header.check(declared: format, mustMatch: c.options.requiresFormatMatch)
      guard header.isOf(format) else { return }
      if case .file(let path, _) = content {
        saga.virtualSize = try await c.inspector.inspect(path, declared: format).virtualSize
      } else {
        saga.virtualSize = header.virtualSize ?? (header.isPlain ? content.size : nil)
      }
    } catch let fault as Fault where fault.kind == .badRequest { throw Image.unlike(fault) }
  }

  private static func keep(_ saga: inout ImportImage, _ c: ImageWork) async throws {
    guard let facts = saga.facts else { throw Fault.internalError("The import knows nothing of its data.") }
    let content = try await c.content(staged: saga)
    saga.failed = try await c.spread(
      content, (.sha512, facts.hash), of: saga.image, heldBy: saga.task, into: saga.stores, isStaged: true,
      allMust: saga.allMustSucceed)
  }

  private static func withdraw(_ saga: inout ImportImage, _ c: ImageWork) async throws {
    for store in saga.stores { try await c.withdraw(saga.image, heldBy: saga.task, from: store) }
  }

  private static func clear(_ saga: inout ImportImage, _ c: ImageWork) async throws {
    try await c.withdraw(saga.image, heldBy: saga.task, from: ImageLocation.staging)
  }

  public func succeed(_ end: Ending, _ context: ImageWork) async throws {
    try await ImageTask.end(task, in: end.tx, now: end.now)
    guard var image = try await end.tx.get(Image.self, image), image.importTask == task, let facts else { return }
    image.status = .active
    image.size = facts.size
    image.checksum = facts.checksum
    image.hashValue = facts.hash
    image.virtualSize = virtualSize
    image.uploadID = nil
    image.updatedAt = end.now
    image.endImport(failed: failed)
    try await end.tx.update(image)
  }

  public func fail(_ fault: Fault, _ end: Ending, _ context: ImageWork) async throws {
    try await ImageTask.end(task, in: end.tx, now: end.now, failure: fault.message)
    guard var image = try await end.tx.get(Image.self, image) else { return }
    // An image that nothing holds, and that is imported all the same, is nobody's but this import's.
    guard image.importTask == task || (image.importTask == nil && image.status == .importing) else { return }
    image.requeue(end.now)
    image.endImport(failed: stores, because: fault.message)
    try await end.tx.update(image)
  }
}

extension ImageWork {
  /// Whether a property of that name comes with an image from another region.
  func isTaken(_ property: String) -> Bool { options.imports.takenProperties.contains(where: property.hasPrefix) }

  /// What is said of the image that is taken over goes for this one too.
  func adopt(_ remote: RemoteImage, for saga: ImportImage) async throws {
    let shown = try await source.show(remote)
    guard shown["status"] == "active" else {
      throw Fault.conflict(
        "Source image status should be active instead of \(shown["status"]?.string ?? "unknown"). Wait until it is.")
    }
    var properties: [String: String] = [:]
    for (key, value) in shown.object?.members ?? [] where isTaken(key) { properties[key] = value.string }
    let (disk, container, wanted) = (shown["disk_format"]?.string, shown["container_format"]?.string, properties)
    try await change(saga.image, heldBy: saga.task) { image in
      image.diskFormat = disk
      image.containerFormat = container
      image.properties.merge(wanted) { $1 }
    }
  }

  /// The bytes that come from elsewhere.
  func pieces(for saga: ImportImage) async throws -> ImagePieces {
    if let remote = saga.remote { return try await source.bytes(of: remote, limit: options.imageSizeCap) }
    return try await web.fetch(saga.uri ?? "", limit: options.imageSizeCap)
  }

  func content(staged saga: ImportImage) async throws -> ImageContent {
    guard let key = saga.staged, let content = try await stores.staging.content(key) else {
      throw Fault.internalError("The staged data of the image \(saga.image) is gone. Stage it again.")
    }
    return content
  }

  /// The signature of a signed image, over what is about to be stored.
  func verify(_ image: Image, _ content: ImageContent) async throws {
    guard let signature = try ImageSignature(image.properties) else { return }
    let hashes = try ParallelHashes([signature.algorithm])
    let pieces = try await pieces(of: content)
    while let piece = try await pieces() { try await hashes.update(piece) }
    try await signature.verify(hashes.hex(signature.algorithm), with: certificates, at: world.now())
  }

  func head(of content: ImageContent) async throws -> [UInt8] {
    switch content {
    case .bytes(let bytes): return Array(bytes.prefix(ImageHeader.length))
    case .file(let path, _): return try await host.readHead(path, count: ImageHeader.length)
    case .remote(let size, let read):
      let pieces = try await read(0..<min(size, ImageHeader.length))
      var head: [UInt8] = []
      while let piece = try await pieces() { head += piece }
      return head
    }
  }

  /// Puts bytes into several stores, leaving out those that have them.
  /// - Returns: the stores that failed, where not all had to succeed.
  func spread(
    _ content: ImageContent, _ expected: Fingerprint?, of id: String, heldBy task: String, into stores: [String],
    isStaged: Bool, allMust: Bool
  ) async throws -> [String] {
    var failed: [String] = []
    var last: (any Error)?
    for store in stores {
      if try await image(id, heldBy: task).places.contains(where: { $0.store == store }) { continue }
      do { try await put(content, expected, of: id, heldBy: task, into: store, isStaged: isStaged) } catch {
        Self.log.warning("a store did not take an image", ["image": id, "store": store, "cause": "\(error)"])
        if allMust || (error as? Fault)?.kind == .gone || error is CancellationError { throw error }
        failed.append(store)
        last = error
        try await change(id, heldBy: task) { $0.endImport(in: store, failed: true) }
      }
    }
    if failed.count == stores.count, let last { throw last }
    return failed
  }
}
