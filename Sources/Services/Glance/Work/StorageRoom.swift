internal import Core
internal import GlanceModel
internal import Store

/// An operator's limit for the bytes of a project, held against data whose size is not known before it comes.
extension ImageWork {
  /// How many bytes the image may have; nil where nothing is limited.
  func room(for id: String) async throws -> Int? {
    let quota = options.userStorageQuota
    guard quota > 0 else { return nil }
    return try await store.read { transaction in
      try await transaction.get(Image.self, id)?.room(within: quota, in: transaction)
    }
  }
}
