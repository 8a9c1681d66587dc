internal import API
internal import Core
internal import GlanceModel
internal import HTTP
internal import Hardware
internal import JSON
internal import Store
internal import Work

/// Imports: bytes are staged, named by a URL, or in another store already; a saga takes them over.
enum ImageImport {
  static let routes = Routes(
    rules: "", of: Glance.self,
    [
      .put("/images/{id}/stage", "modify_image", stage, allow: ImageAccess.change, status: 204),
      .post("/images/{id}/import", "modify_image", take, allow: ImageAccess.change, status: 202),
    ])

  static func stage(_ call: Call<Glance>, _: RawBody) async throws -> Nothing {
    guard call.service.options.importMethods.contains(ImportWish.Method.staged.rawValue) else {
      throw Fault.notFound("'glance-direct' method is not available at this site.")
    }
    try ImageData.requireOctets(call)
    let image = try await ImageAccess.image(call)
    try await Intake(call, image, into: nil).run()
    return Nothing()
  }

  static func take(_ call: Call<Glance>, _ body: JSON) async throws -> Nothing {
    _ = try await begin(try ImportWish(body, call), call.id, body, call)
    return Nothing()
  }

  /// Hands an import to its saga, with a task by which it can be followed.
  /// - Parameter new: the image, where it is made only if its import begins.
  static func begin(
    _ wish: ImportWish, _ id: String, _ request: JSON, _ call: Call<Glance>, as kind: ImageTask.Kind = .imageImport,
    making new: Image? = nil
  ) async throws -> ImageTask? {
    let task = call.service.world.uuid()
    let allowance = try await Allowance(call)
    let (now, queue, service) = (call.service.world.now(), call.service.queue, call.service)
    let roles = Array(call.caller.roles).sorted()
    return try await call.service.store.write { transaction in
      if let new { try await NewImage.insert(new, allowance, in: transaction) }
      // Whoever may copy need not own what he sees; upstream asks for no more than `copy_image` either.
      let rule = wish.method == .copy ? "get_image" : "modify_image"
      var image = try await ImageAccess.image(id, call, rule: rule, in: transaction)
      try wish.check(image)
      guard wish.method != .copy || call.permits(image.target(member: nil), rule: "copy_image") else {
        throw Fault.forbidden("You are not authorized to complete copy_image action. Ask an administrator.")
      }
      var stores = wish.stores
      if wish.method == .copy {
        let present = Set(image.stores.compactMap { service.stores[$0]?.id })
        if wish.isEverywhere {
          stores.removeAll { present.contains($0) }
          if stores.isEmpty { return nil }
        } else if let there = stores.first(where: { present.contains($0) }) {
          throw Fault.badRequest("Image is already present at store '\(there)'")
        }
      }
      try await wish.admit(image, into: stores.count, allowance, service.options, in: transaction)
      try image.beginImport(task, into: stores)
      image.updatedAt = now
      if wish.method == .copy {
        let saga = CopyImage(image: image.id, task: task, stores: stores, allMustSucceed: wish.allMustSucceed)
        _ = try await queue.begin(saga, in: transaction)
      } else {
        image.status = .importing
        let saga = ImportImage(
          image: image.id, task: task, uri: wish.uri, remote: wish.remote, stores: stores,
          allMustSucceed: wish.allMustSucceed, plugins: service.options.imports.plugins, roles: roles)
        // Staged bytes may be in reach of the node alone that took them in.
        let node = wish.method == .staged ? image.uploadNode : nil
        _ = try await queue.begin(saga, on: Glance.queueNode(of: node ?? service.node), in: transaction)
      }
      try await transaction.update(image)
      var row = ImageTask()
      (row.id, row.kind, row.status) = (task, kind, .pending)
      row.owner = call.caller.projectID ?? ""
      row.input = kind == .import ? request : ["image_id": .string(id), "import_req": request, "backend": stores.json]
      (row.imageID, row.requestID, row.userID) = (id, call.requestID, call.caller.userID)
      (row.createdAt, row.updatedAt) = (now, now)
      try await transaction.insert(row)
      return row
    }
  }
}

/// What a request for an import says, checked as far as it can be without the image.
struct ImportWish: Sendable {
  enum Method: String, Sendable {
    case staged = "glance-direct"
    case web = "web-download"
    case copy = "copy-image"
    case remote = "glance-download"
  }
  let method: Method
  let uri: String?
  let remote: RemoteImage?
  let stores: [String]
  /// Whether the request says all stores, and not which.
  let isEverywhere: Bool
  let allMustSucceed: Bool

  init(_ body: JSON, _ call: Call<Glance>) throws {
    guard let method = body["method"] else { throw Fault.badRequest("Import request requires a 'method' field.") }
    guard let name = method["name"]?.string else { throw Fault.badRequest("Import request requires a 'name' field.") }
    guard call.service.options.importMethods.contains(name), let known = Method(rawValue: name) else {
      throw Fault.badRequest("Unknown import method name '\(name)'.")
    }
    self.method = known
    allMustSucceed = try Self.flag(body, "all_stores_must_succeed") ?? true
    isEverywhere = try Self.flag(body, "all_stores") ?? false
    uri = known == .web ? method["uri"]?.string : nil
    stores = try Self.stores(body, isEverywhere, call)
    remote = known == .remote ? try Self.remote(method, call) : nil
    if known == .web { _ = try call.service.options.imports.web.check(uri ?? "") }
  }

  private static func remote(_ method: JSON, _ call: Call<Glance>) throws -> RemoteImage {
    func named(_ key: String) throws -> String {
      guard let value = method[key]?.string else {
        throw Fault.badRequest("'\(key)' needs to be set for glance-download import method")
      }
      return value
    }
    let (region, id) = (try named("glance_region"), try named("glance_image_id"))
    guard isUUID(id) else { throw Fault.badRequest("Remote image id does not look like a UUID: \(id.prefix(100))") }
    return try RemoteImage(
      id: id, region: region, interface: method["glance_service_interface"]?.string ?? "public",
      token: call.request.headers["X-Auth-Token"] ?? "", vault: call.service.vault, world: call.service.world)
  }

  private static func flag(_ body: JSON, _ key: String) throws -> Bool? {
    guard let value = body[key] else { return nil }
    guard let flag = value.bool else { throw Fault.badRequest("'\(key)' must be boolean value only") }
    return flag
  }

  private static func stores(_ body: JSON, _ isEverywhere: Bool, _ call: Call<Glance>) throws -> [String] {
    let (header, known) = (call.request.headers["X-Image-Meta-Store"], call.service.stores)
    if isEverywhere {
      guard body["stores"] == nil, header == nil else {
        throw Fault.badRequest(
          "All_stores parameter can't be used with x-image-meta-store header or stores parameter")
      }
      return known.entries.filter { !$0.backend.isReadOnly }.map(\.id)
    }
    var wanted = [header ?? known.defaultID]
    if let list = body["stores"] {
      guard header == nil else {
        throw Fault.badRequest("Stores parameter and x-image-meta-store header can't be both specified")
      }
      wanted = try [String](json: list)
    }
    for id in wanted where !known.ids.contains(id) { throw Fault.conflict("Unknown scheme '\(id)' found in URI") }
    for id in wanted { _ = try known.writable(id) }
    var unique: [String] = []
    for id in wanted where !unique.contains(id) { unique.append(id) }
    guard !unique.isEmpty else { throw Fault.badRequest("The import names no store.") }
    return unique
  }

  /// Holds what an import brings against what whoever asks may have.
  func admit(
    _ image: Image, into stores: Int, _ allowance: Allowance, _ options: GlanceOptions, in transaction: Transaction
  ) async throws {
    let size = (image.size ?? 0) >> 20
    // Staged data is among what is under way already; everything else is staged on its way.
    try await allowance.require(
      method == .staged ? [.sizeTotal: size] : [.sizeTotal: 0, .stageTotal: size, .countUploading: 1], in: transaction)
    let copies = method == .copy ? image.places.count + stores : stores
    try await image.requireRoom(for: image.size, copies: copies, within: options.userStorageQuota, in: transaction)
  }

  /// - Throws: upstream's conflicts, for images that are not in the right state.
  func check(_ image: Image) throws {
    switch method {
    case .copy where image.status != .active:
      throw Fault.conflict("Only images with status active can be targeted for copying")
    case .copy: break
    case _ where image.status == .active:
      throw Fault.conflict("Image with status active cannot be target for import")
    case .web where image.status != .queued, .remote where image.status != .queued:
      throw Fault.conflict("Image needs to be in 'queued' state to use '\(method.rawValue)' method")
    case .staged where image.status != .uploading || image.staged == nil:
      throw Fault.conflict("Image needs to be staged before 'glance-direct' method can be used")
    case .web, .staged: break
    // Its formats come with its data.
    case .remote: return
    }
    guard image.containerFormat != nil else {
      throw Fault.conflict("'container_format' needs to be set before import")
    }
    guard image.diskFormat != nil else { throw Fault.conflict("'disk_format' needs to be set before import") }
  }
}
