internal import API
internal import Core
internal import GlanceModel
internal import HTTP
internal import Store

/// What a project may have of images. It is fetched before a transaction and held against what there is within it, so
/// that of many who ask at once no more are let than there is room for.
struct Allowance: Sendable {
  private let project: String
  /// What identity says; nil where its limits are not asked for.
  private let limits: [String: Int]?
  /// An operator's limit of bytes.
  private let storage: Int

  init(_ call: Call<Glance>) async throws {
    project = call.caller.projectID ?? ""
    storage = call.service.options.userStorageQuota
    guard let limits = call.service.limits, call.caller.projectID != nil else {
      self.limits = nil
      return
    }
    self.limits = try await limits(project)
  }

  /// - Parameter adding: how much more of each there would be.
  /// - Throws: `overQuota` where the caller's project has more than it may.
  func require(_ adding: [Quotas.Resource: Int], in transaction: some ReadTransaction) async throws {
    guard let limits else { return }
    let used = Quotas.used(try await ImageUsage(of: project, in: transaction))
    for resource in Quotas.Resource.allCases {
      guard let more = adding[resource] else { continue }
      let (limit, now) = (limits[resource.rawValue] ?? 0, used[resource] ?? 0)
      guard limit >= 0, now + more > limit else { continue }
      throw Fault(
        .overQuota,
        "Project \(project) is over a limit for \(resource.rawValue): it may have \(limit) and has \(now)"
          + (more > 0 ? ", with \(more) more asked for" : "") + ". Delete images, or ask an administrator for more.")
    }
  }

  /// Holds an upload against the limits, when it begins and when all its bytes are there.
  /// - Parameters:
  ///   - image: as the transaction has written it.
  ///   - announced: bytes to come; nil where the client does not say.
  func admit(_ image: Image, announced: Int?, in transaction: some ReadTransaction) async throws {
    let isStaging = image.status == .uploading
    if image.size == nil {
      // It is among those under way already.
      let size: Quotas.Resource = isStaging ? .stageTotal : .sizeTotal
      try await require([size: (announced ?? 0) >> 20, .countUploading: 0], in: transaction)
    }
    // What is staged takes none of it yet.
    if !isStaging { try await image.requireRoom(for: image.size ?? announced, within: storage, in: transaction) }
  }

  /// How many bytes a client says that an image has; nil where it does not say, or does not know.
  static func promised(_ call: Call<Glance>) throws -> Int? {
    guard let text = call.request.headers["x-openstack-image-size"] else { return nil }
    guard let size = Int(text), size >= 0 else {
      throw Fault.badRequest("Invalid or missing image size in request headers.")
    }
    return size == 0 ? nil : size
  }

  /// How many bytes a request says that it sends.
  static func announced(_ call: Call<Glance>) throws -> Int? {
    if let size = try promised(call) { return size }
    switch call.request.body {
    case .empty: return nil
    case .bytes(let bytes): return bytes.count
    case .stream(let stream): return stream.length
    case .file(_, _, let length): return length
    }
  }
}
