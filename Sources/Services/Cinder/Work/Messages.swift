internal import CinderModel
internal import Core
internal import Store
internal import Work

/// Telling users why work failed that went on after their request was answered.
extension Ending {
  /// Leaves a message, unless the work failed because it was to.
  func tell(_ project: String?, _ action: Message.Action, of resource: String, _ fault: Fault, _ world: World)
    async throws
  {
    guard let project, !cancelled else { return }
    var message = Message()
    message.id = world.uuid()
    message.projectID = project
    message.requestID = Trace.current?.requestID
    message.action = action
    message.resourceID = resource
    message.text = fault.message
    message.createdAt = now
    message.expiresAt = now + Message.lifetime
    try await tx.insert(message)
  }
}

extension VolumeWork {
  func removeExpiredMessages() async throws {
    let now = world.now()
    try await store.write { _ = try await $0.deleteAll(Message.self, "WHERE expires_at < \(now)") }
  }
}
