internal import API
internal import Core
internal import GlanceModel
internal import JSON
internal import Store

/// Who sees an image, and what else he may do to it: decided here for all rows.
enum ImageAccess {
  /// Rules in the words of upstream's defaults; services act for users.
  static let list: Policy = "rule:admin_required or role:service or role:reader"
  static let add: Policy = "rule:admin_required or role:service or role:member"
  static let read: Policy = """
    rule:admin_required or role:service or (role:reader and (project_id:%(project_id)s or project_id:%(member_id)s \
    or 'community':%(visibility)s or 'public':%(visibility)s))
    """
  static let download: Policy = """
    rule:admin_required or role:service or (role:member and (project_id:%(project_id)s or project_id:%(member_id)s \
    or 'community':%(visibility)s or 'public':%(visibility)s))
    """
  static let change: Policy = """
    rule:admin_required or role:service or (role:member and project_id:%(project_id)s)
    """
  static let members: Policy = """
    rule:admin_required or (role:reader and (project_id:%(project_id)s or project_id:%(member_id)s))
    """
  static let answerMembership: Policy = "rule:admin_required or (role:member and project_id:%(member_id)s)"

  /// The image in the path, for a caller who may do what the row's rule names.
  /// - Throws: `notFound` where he does not even see it, else `forbidden`.
  static func image(_ call: Call<Glance>, in transaction: some ReadTransaction) async throws -> Image {
    try await image(call.id, call, in: transaction)
  }

  /// The same for an image that the path does not name.
  /// - Parameter rule: what he must be allowed, if that is not the row's.
  static func image(
    _ id: String, _ call: Call<Glance>, rule: String? = nil, in transaction: some ReadTransaction
  ) async throws -> Image {
    guard let image = try await transaction.get(Image.self, id) else { throw Image.missing(id) }
    let target = try await target(image, call, in: transaction)
    if call.permits(target, rule: rule) { return image }
    guard call.permits(target, rule: "get_image") else { throw Image.missing(id) }
    throw Fault.forbidden("You are not permitted to do this to the image \(id) (\(rule ?? call.rule)). Ask its owner.")
  }

  /// The image that a list begins behind.
  /// - Throws: `badRequest`, in the same words for one that is not there and one that the caller does not see.
  static func marker(
    _ id: String, _ call: Call<Glance>, orDeleted: Bool = false, in transaction: some ReadTransaction
  ) async throws -> Image {
    var found = try await transaction.get(Image.self, id)
    if found == nil, orDeleted { found = try await transaction.get(DeletedImage.self, id)?.image }
    guard let image = found, call.permits(try await target(image, call, in: transaction), rule: "get_image") else {
      throw Fault.badRequest("Invalid marker. Image could not be found. (\(id))")
    }
    return image
  }

  /// What policy rules know of an image when this caller asks.
  static func target(
    _ image: Image, _ call: Call<Glance>, in transaction: some ReadTransaction
  ) async throws -> [String: String] {
    guard let project = call.caller.projectID, image.visibility == .shared else { return image.target(member: nil) }
    return image.target(member: try await transaction.get(ImageMember.self, image.id, project)?.memberID)
  }

  static func image(_ call: Call<Glance>) async throws -> Image {
    try await call.service.store.read { try await image(call, in: $0) }
  }

  /// Refuses what changes who sees an image, to those who may not.
  static func requireVisibility(_ visibility: Image.Visibility, _ image: Image, _ call: Call<Glance>) throws {
    let target = image.target(member: nil)
    switch visibility {
    case .public where !call.permits(target, rule: "publicize_image"):
      throw Fault.forbidden(
        "You are not authorized to complete publicize_image action. Ask an administrator to make the image public.")
    case .community where !call.permits(target, rule: "communitize_image"):
      throw Fault.forbidden("You are not authorized to complete communitize_image action. Ask its owner.")
    default: break
    }
  }
}
