internal import API
internal import Core
internal import GlanceModel
internal import JSON
internal import Store

/// `/v2/images/{id}/members`: with which projects an image is shared.
enum ImageMembers {
  private static let one = "/images/{id}/members/{member}"

  static let routes = Routes(
    rules: "", of: Glance.self,
    [
      .get("/images/{id}/members", "get_members", list, allow: ImageAccess.members),
      .post("/images/{id}/members", "add_member", create, allow: ImageAccess.change, status: 200),
      .get(one, "get_member", show, allow: ImageAccess.members),
      .put(one, "modify_member", update, allow: ImageAccess.answerMembership),
      .delete(one, "delete_member", delete, allow: ImageAccess.change),
    ])

  static func list(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let members = try await call.service.store.read { transaction in
      let image = try await ImageAccess.image(call, in: transaction)
      try requireShared(image)
      let all = try await transaction.all(
        ImageMember.self, "WHERE image_id = \(image.id) ORDER BY created_at, member_id")
      // A member sees that the image is shared with him, not with whom else.
      let seesAll = call.caller.isAdmin || call.caller.projectID == image.owner
      return seesAll ? all : all.filter { $0.memberID == call.caller.projectID }
    }
    return ["members": .array(members.map(show)), "schema": "/v2/schemas/members"]
  }

  static func create(_ call: Call<Glance>, _ body: JSON) async throws -> JSON {
    guard let id = body["member"]?.string, !id.isEmpty else {
      throw Fault.badRequest("Member to be added not specified")
    }
    guard id.count <= 255 else { throw Fault.badRequest("A member's id has at most 255 characters.") }
    let now = call.service.world.now()
    let quota = call.service.options.imageMemberQuota
    let member = try await call.service.store.write { transaction in
      let image = try await ImageAccess.image(call, in: transaction)
      try requireShared(image)
      var member = ImageMember()
      member.imageID = image.id
      member.memberID = id
      member.createdAt = now
      member.updatedAt = now
      let count = try await transaction.count(ImageMember.self, "WHERE image_id = \(image.id)")
      try ImageLimits.require(count + 1, "members for this image", within: quota)
      guard try await transaction.insertUnlessPresent(member) else {
        throw Fault.conflict("Member \(id) is duplicated for image \(image.id)")
      }
      return member
    }
    return show(member)
  }

  static func show(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let member = try await call.service.store.read { transaction in
      let seen = try await ImageAccess.image(call.id, call, rule: "get_image", in: transaction)
      guard seen.visibility == .shared else { throw Fault.notFound("Only shared images have members.") }
      let image = try await ImageAccess.image(call, in: transaction)
      let isOwn = call.caller.isAdmin || call.caller.projectID == image.owner
      guard isOwn || call.caller.projectID == call.path["member"] else { throw missing(call) }
      return try await find(call, in: transaction)
    }
    return show(member)
  }

  static func update(_ call: Call<Glance>, _ body: JSON) async throws -> JSON {
    guard let wanted = body["status"] else { throw Fault.badRequest("Status not specified") }
    let now = call.service.world.now()
    let member = try await call.service.store.write { transaction in
      var member = try await permitted(call, in: transaction)
      guard let status = wanted.string.flatMap(ImageMember.Status.init(rawValue:)) else {
        throw Fault.badRequest(
          "Provided object does not match schema 'member': \(wanted) is not one of ['pending', 'accepted', 'rejected']")
      }
      member.status = status
      member.updatedAt = now
      return try await transaction.update(member)
    }
    return show(member)
  }

  static func delete(_ call: Call<Glance>, _: Nothing) async throws -> Nothing {
    try await call.service.store.write { transaction in
      try await transaction.delete(try await permitted(call, in: transaction))
    }
    return Nothing()
  }

  private static func requireShared(_ image: Image) throws {
    guard image.visibility == .shared else { throw Fault.forbidden("Only shared images have members.") }
  }

  /// The membership in the path, for a caller who may do to it what the row's rule names.
  /// - Throws: `notFound` where there is none, or none that he may know of; else `forbidden`.
  private static func permitted(_ call: Call<Glance>, in transaction: some ReadTransaction) async throws -> ImageMember
  {
    let image = try await ImageAccess.image(call.id, call, rule: "get_image", in: transaction)
    try requireShared(image)
    let (project, name) = (call.caller.projectID, call.path["member"])
    guard Images.isPrivileged(call) || project == image.owner || project == name else { throw missing(call) }
    let member = try await find(call, in: transaction)
    guard call.permits(image.target(member: member.memberID)) else {
      throw Fault.forbidden(
        "You are not permitted to do this to a member of the image \(image.id) (\(call.rule)). Its owner shares it, "
          + "and the project \(member.memberID) answers.")
    }
    return member
  }

  private static func find(_ call: Call<Glance>, in transaction: some ReadTransaction) async throws -> ImageMember {
    guard let member = try await transaction.get(ImageMember.self, call.id, call.path["member"] ?? "") else {
      throw missing(call)
    }
    return member
  }
  private static func missing(_ call: Call<Glance>) -> Fault {
    .notFound("\(call.path["member"] ?? "") not found in the member list of the image \(call.id).")
  }

  private static func show(_ member: ImageMember) -> JSON {
    [
      "member_id": .string(member.memberID), "image_id": .string(member.imageID),
      "status": .string(member.status.rawValue), "created_at": member.createdAt.json,
      "updated_at": member.updatedAt.json, "schema": "/v2/schemas/member",
    ]
  }
}
