internal import Core
internal import FoundationEssentials
internal import Host
internal import Synchronization

/// What a fake knows: in memory, or in a file that outlives the process.
final class FakeMemory<Value: Codable & Sendable>: Sendable {
  private let path: String?
  private let value: Mutex<Value?>
  private let empty: Value
  /// One thread, so that file and memory change together and in order.
  private let thread = Threads(limit: 1)

  init(_ empty: Value, path: String?) {
    self.empty = empty
    self.path = path
    value = Mutex(nil)
  }

  func read<T: Sendable>(_ body: @escaping @Sendable (Value) throws -> T) async throws -> T {
    guard let path else { return try value.withLock { try body($0 ?? empty) } }
    return try await thread.run { [self] in
      try body(
        try value.withLock { known in
          let value = try known ?? load(path)
          known = value
          return value
        })
    }
  }

  /// Applies `body` and, where there is a file, has the result in it before returning. When `body` throws nothing
  /// has changed.
  func change<T: Sendable>(_ body: @escaping @Sendable (inout Value) throws -> T) async throws -> T {
    guard let path else {
      return try value.withLock { known in
        var next = known ?? empty
        let result = try body(&next)
        known = next
        return result
      }
    }
    return try await thread.run { [self] in
      try value.withLock { known in
        var next = try known ?? load(path)
        let result = try body(&next)
        try BlockingFiles.replace(path, try encoded(next), mode: 0o600)
        known = next
        return result
      }
    }
  }

  private func load(_ path: String) throws -> Value {
    try removeHalfWritten(path)
    do {
      return try JSONDecoder().decode(Value.self, from: Data(try BlockingFiles.read(path, limit: 256 << 20)))
    } catch let fault as Fault where fault.kind == .notFound {
      return empty
    }
  }

  /// Files beside it that a process was writing when it was killed.
  private func removeHalfWritten(_ path: String) throws {
    guard let slash = path.lastIndex(of: "/") else { return }
    let (directory, name) = (String(path[..<slash]), path[path.index(after: slash)...])
    for other in try BlockingFiles.list(directory) where other.hasPrefix("\(name).") {
      try BlockingFiles.remove(directory + "/" + other)
    }
  }

  private func encoded(_ value: Value) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return Array(try encoder.encode(value))
  }
}
