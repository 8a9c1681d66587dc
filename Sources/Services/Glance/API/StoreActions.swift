internal import API
internal import Core
internal import GlanceModel
internal import Store

/// `/v2/stores/{store}/{image}`: taking an image out of one of its stores.
enum StoreActions {
  static let routes = Routes(
    rules: "", of: Glance.self,
    [.delete("/stores/{store_id}/{id}", "delete_image_location", delete, allow: "rule:context_is_admin")])

  static func delete(_ call: Call<Glance>, _: Nothing) async throws -> Nothing {
    let name = call.path["store_id"] ?? ""
    guard call.service.stores.entries.contains(where: { $0.id == name }) else {
      throw Fault.conflict("The selected store \(name) is not available on this node.")
    }
    let (now, stores) = (call.service.world.now(), call.service.stores)
    let location = try await call.service.store.write { transaction -> ImageLocation in
      var image = try await ImageAccess.image(call, in: transaction)
      guard image.status == .active else {
        throw Fault.conflict("It's not allowed to remove image data from store if image status is not 'active'")
      }
      guard let place = image.places.first(where: { stores[$0.store]?.id == name }) else {
        throw Fault.notFound("Image \(image.id) is not stored in store \(name).")
      }
      guard image.places.count > 1 else {
        throw Fault.forbidden(
          "Cannot delete image data from the only store containing it. Consider deleting the image instead.")
      }
      image.leave(place.store)
      image.updatedAt = now
      try await transaction.update(image)
      return place
    }
    await call.service.bytes.release(all: [location], of: call.id)
    return Nothing()
  }
}
