internal import API
internal import Core
internal import GlanceModel
internal import Store

/// Taking an image out of use for a while, and back.
enum ImageActions {
  static let routes = Routes(
    rules: "", of: Glance.self,
    [
      .post("/images/{id}/actions/deactivate", "deactivate", deactivate, allow: ImageAccess.change, status: 204),
      .post("/images/{id}/actions/reactivate", "reactivate", reactivate, allow: ImageAccess.change, status: 204),
    ])

  static func deactivate(_ call: Call<Glance>, _: Nothing) async throws -> Nothing {
    try await move(call, to: .deactivated)
  }
  static func reactivate(_ call: Call<Glance>, _: Nothing) async throws -> Nothing {
    try await move(call, to: .active)
  }

  private static func move(_ call: Call<Glance>, to status: Image.Status) async throws -> Nothing {
    let now = call.service.world.now()
    try await call.service.store.write { transaction in
      var image = try await ImageAccess.image(call, in: transaction)
      guard image.status == .active || image.status == .deactivated else {
        throw Fault.forbidden(
          "Not allowed to \(status == .active ? "reactivate" : "deactivate") image in status "
            + "'\(image.status.rawValue)'. Upload its data first.")
      }
      guard image.status != status else { return }
      image.status = status
      image.updatedAt = now
      try await transaction.update(image)
    }
    return Nothing()
  }
}
