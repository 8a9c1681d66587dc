internal import Core
internal import Host
internal import Synchronization

/// Where a fake makes files that shall not outlive the process.
final class FakeScratch: Sendable {
  private let path: String
  /// Whether files of processes before this one may be there; others share the directory of fakes that forget.
  private let isDirty: Mutex<Bool>
  private let host: Host
  private let world: World

  init(_ shared: String, in directory: String?, _ host: Host, _ world: World) {
    self.host = host
    self.world = world
    path = directory.map { $0 + "/scratch" } ?? shared
    isDirty = Mutex(directory != nil)
  }

  /// A new name in it.
  func path() async throws -> String {
    // Within the lock, so that nobody's new file is taken for an old one.
    try isDirty.withLock { isDirty in
      if isDirty { try BlockingFiles.remove(path) }
      isDirty = false
    }
    try await host.makeDirectory(path)
    return path + "/" + world.hexID()
  }
}
