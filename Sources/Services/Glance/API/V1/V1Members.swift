internal import API
internal import Core
internal import GlanceModel
internal import HTTP
internal import JSON
internal import Store

/// `/v1/images/{id}/members` and `/v1/shared-images/{member}`. A member may be let share an image on.
enum V1Members {
  private static let all = "/images/{id}/members"
  private static let one = "/images/{id}/members/{member}"

  static let routes = Routes(
    rules: "", of: Glance.self,
    [
      .get(all, "get_members", list, allow: ImageAccess.members),
      .put(all, "add_member", replace, allow: ImageAccess.change, status: 204),
      .put(one, "add_member", add, allow: ImageAccess.change, status: 204),
      .delete(one, "delete_member", remove, allow: ImageAccess.change),
      .get("/shared-images/{member}", "get_members", sharedImages, allow: ImageAccess.members),
    ])

  static func list(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let members = try await call.service.store.read { transaction in
      let image = try await ImageAccess.image(call, in: transaction)
      return try await transaction.all(
        ImageMember.self, "WHERE image_id = \(image.id) ORDER BY created_at, member_id")
    }
    return [
      "members": .array(members.map { ["member_id": .string($0.memberID), "can_share": .bool($0.canShare)] })
    ]
  }

  static func sharedImages(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let member = call.path["member"] ?? ""
    var conditions: [SQL] = ["member_id = \(member)"]
    if !call.caller.isAdmin, call.caller.projectID != member {
      let me = call.caller.projectID ?? "\u{1}"
      conditions.append("image_id IN (SELECT id FROM \(Image.table) WHERE owner = \(me))")
    }
    let all = conditions
    let members = try await call.service.store.read {
      try await $0.all(ImageMember.self, SQL.allOf(all) + " ORDER BY created_at, image_id")
    }
    return [
      "shared_images": .array(members.map { ["image_id": .string($0.imageID), "can_share": .bool($0.canShare)] })
    ]
  }

  /// The image in the path, for those who may say with whom it is shared: its owner, and members who were let, who
  /// stand in for him as long as it is shared.
  private static func sharable(_ call: Call<Glance>, in transaction: some ReadTransaction) async throws -> Image {
    if let project = call.caller.projectID,
      let own = try await transaction.get(ImageMember.self, call.id, project), own.canShare,
      let image = try await transaction.get(Image.self, call.id), image.visibility == .shared,
      call.permits(image.target(member: project).merging(["project_id": project, "owner": project]) { $1 })
    {
      return image
    }
    do { return try await ImageAccess.image(call, in: transaction) } catch let fault as Fault
      where fault.kind == .forbidden
    {
      // v1 says no more than that.
      throw Image.missing(call.id)
    }
  }

  private static func requireRoom(_ count: Int, _ call: Call<Glance>) throws {
    try ImageLimits.require(count, "members for this image", within: call.service.options.imageMemberQuota)
  }

  private static func put(
    _ id: String, canShare: Bool?, on image: Image, in transaction: Transaction, now: Timestamp
  ) async throws {
    if var old = try await transaction.get(ImageMember.self, image.id, id) {
      old.canShare = canShare ?? old.canShare
      old.updatedAt = now
      try await transaction.update(old)
    } else {
      var member = ImageMember()
      member.imageID = image.id
      member.memberID = id
      member.canShare = canShare ?? false
      (member.createdAt, member.updatedAt) = (now, now)
      try await transaction.insert(member)
    }
  }

  static func add(_ call: Call<Glance>, _ body: JSON) async throws -> Response {
    let id = call.path["member"] ?? ""
    guard id.count <= 255 else { throw Fault.badRequest("A member's id has at most 255 characters.") }
    let canShare = body["member"]?["can_share"].map { $0.bool ?? ($0.string ?? $0.text).saysTrue }
    let now = call.service.world.now()
    try await call.service.store.write { transaction in
      let image = try await sharable(call, in: transaction)
      let count = try await transaction.count(
        ImageMember.self, "WHERE image_id = \(image.id) AND member_id <> \(id)")
      try requireRoom(count + 1, call)
      try await put(id, canShare: canShare, on: image, in: transaction, now: now)
    }
    return VersionOne.nothing(204)
  }

  static func replace(_ call: Call<Glance>, _ body: JSON) async throws -> Response {
    guard let items = body["memberships"]?.array else {
      throw Fault.badRequest("Invalid membership association specified: the body names no memberships.")
    }
    var wanted: [(id: String, canShare: Bool?)] = []
    for item in items {
      guard let id = item["member_id"]?.string, !id.isEmpty, id.count <= 255 else {
        throw Fault.badRequest("Invalid membership association: it has no member_id.")
      }
      if !wanted.contains(where: { $0.id == id }) { wanted.append((id, item["can_share"]?.bool)) }
    }
    try requireRoom(wanted.count, call)
    let (members, now) = (wanted, call.service.world.now())
    try await call.service.store.write { transaction in
      let image = try await sharable(call, in: transaction)
      let kept = members.map(\.id)
      try await transaction.deleteAll(
        ImageMember.self, "WHERE image_id = \(image.id) AND member_id NOT IN (\(list: kept))")
      for member in members {
        try await put(member.id, canShare: member.canShare, on: image, in: transaction, now: now)
      }
    }
    return VersionOne.nothing(204)
  }

  static func remove(_ call: Call<Glance>, _: Nothing) async throws -> Response {
    let id = call.path["member"] ?? ""
    try await call.service.store.write { transaction in
      let image = try await sharable(call, in: transaction)
      guard let member = try await transaction.get(ImageMember.self, image.id, id) else {
        throw Fault.notFound("Membership could not be found")
      }
      try await transaction.delete(member)
    }
    return VersionOne.nothing(204)
  }
}
