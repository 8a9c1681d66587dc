public import Core
public import GlanceModel
internal import Hardware
internal import Store
public import Work

extension CopyImage: Saga {
  public static let steps: [Step<CopyImage>] = [.step("copy", copy, undo: withdraw)]

  private static func copy(_ saga: inout CopyImage, _ c: ImageWork) async throws {
    try await c.begin(saga.task)
    let image = try await c.image(saga.image, heldBy: saga.task)
    let own = Set(saga.stores)
    var content: ImageContent?
    for place in c.stores.preferred(image) where content == nil && !own.contains(place.store) {
      content = try await c.stores.backend(of: place)?.content(place.key)
    }
    guard let content else {
      throw Fault.internalError(
        "The data of the image \(image.id) is lost. An administrator must check the image store.")
    }
    saga.failed = try await c.spread(
      content, image.fingerprint, of: saga.image, heldBy: saga.task, into: saga.stores, isStaged: false,
      allMust: saga.allMustSucceed)
  }

  private static func withdraw(_ saga: inout CopyImage, _ c: ImageWork) async throws {
    for store in saga.stores { try await c.withdraw(saga.image, heldBy: saga.task, from: store) }
  }

  public func succeed(_ end: Ending, _ context: ImageWork) async throws {
    try await finish(end, failed: failed, because: nil)
  }
  public func fail(_ fault: Fault, _ end: Ending, _ context: ImageWork) async throws {
    try await finish(end, failed: stores, because: fault.message)
  }

  private func finish(_ end: Ending, failed: [String], because reason: String?) async throws {
    try await ImageTask.end(task, in: end.tx, now: end.now, failure: reason)
    guard var image = try await end.tx.get(Image.self, image), image.importTask == task else { return }
    image.updatedAt = end.now
    image.endImport(failed: failed, because: reason)
    try await end.tx.update(image)
  }
}
