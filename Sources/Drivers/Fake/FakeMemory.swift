internal import Core
internal import FoundationEssentials
internal import Host
internal import Synchronization

/// The parts of what a fake knows, by id, and what those that have just changed were before.
struct FakeParts<Part: Codable & Sendable>: Sendable {
  private(set) var all: [String: Part] = [:]
  private var before: [String: Part?] = [:]

  subscript(id: String) -> Part? {
    get { all[id] }
    set {
      if before[id] == nil { before[id] = .some(all[id]) }
      all[id] = newValue
    }
  }

  fileprivate var touched: [String] { before.keys.sorted() }
  /// Takes the changes for good.
  fileprivate mutating func settle() { before = [:] }
  fileprivate mutating func undo() {
    for (id, part) in before { all[id] = part }
    before = [:]
  }
}

/// What a fake knows: in memory, or in a file that outlives the process.
///
/// The file has a line for each change, `["id", part]`, or `["id", null]` for what went: to write the whole down anew
/// at each of a thousand guests would be most of what a fake costs. It is not synced: it is to survive the process,
/// not the machine.
final class FakeMemory<Part: Codable & Sendable>: Sendable {
  private let path: String?
  private let state: Mutex<State>
  /// One thread, so that file and memory change together and in order.
  private let thread = Threads(limit: 1)

  private struct State {
    var parts = FakeParts<Part>()
    var isLoaded = false
    /// In the file.
    var lines = 0
  }
  private struct Line: Codable {
    let id: String
    let part: Part?
    init(id: String, part: Part?) {
      self.id = id
      self.part = part
    }
    init(from decoder: any Decoder) throws {
      var list = try decoder.unkeyedContainer()
      id = try list.decode(String.self)
      part = try list.decodeNil() ? nil : list.decode(Part.self)
    }
    func encode(to encoder: any Encoder) throws {
      var list = encoder.unkeyedContainer()
      try list.encode(id)
      if let part { try list.encode(part) } else { try list.encodeNil() }
    }
  }

  init(path: String?) {
    self.path = path
    state = Mutex(State())
  }

  func read<T: Sendable>(_ body: @escaping @Sendable ([String: Part]) throws -> T) async throws -> T {
    guard let path else { return try state.withLock { try body($0.parts.all) } }
    return try await thread.run { [self] in
      try state.withLock { state in
        try load(path, &state)
        return try body(state.parts.all)
      }
    }
  }

  /// Applies `body` and, where there is a file, has the result in it before returning. When `body` throws nothing
  /// has changed.
  func change<T: Sendable>(_ body: @escaping @Sendable (inout FakeParts<Part>) throws -> T) async throws -> T {
    guard let path else { return try state.withLock { try Self.change(&$0, body) { _, _ in } } }
    return try await thread.run { [self] in
      try state.withLock { state in
        try load(path, &state)
        return try Self.change(&state, body) { try keep($0, path, &$1) }
      }
    }
  }

  private static func change<T>(
    _ state: inout State, _ body: (inout FakeParts<Part>) throws -> T, keep: ([String], inout State) throws -> Void
  ) throws -> T {
    do {
      let result = try body(&state.parts)
      try keep(state.parts.touched, &state)
      state.parts.settle()
      return result
    } catch {
      state.parts.undo()
      throw error
    }
  }

  private func keep(_ touched: [String], _ path: String, _ state: inout State) throws {
    if state.lines > 2 * state.parts.all.count + 1000 {
      try BlockingFiles.replace(path, try text(of: state.parts.all.keys.sorted(), in: state.parts), mode: 0o600)
      state.lines = state.parts.all.count
    } else if !touched.isEmpty {
      try BlockingFiles.append(path, try text(of: touched, in: state.parts), mode: 0o600)
      state.lines += touched.count
    }
  }

  private func text(of ids: [String], in parts: FakeParts<Part>) throws -> [UInt8] {
    let encoder = JSONEncoder()
    var bytes: [UInt8] = []
    for id in ids {
      bytes += try encoder.encode(Line(id: id, part: parts[id]))
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }

  private func load(_ path: String, _ state: inout State) throws {
    guard !state.isLoaded else { return }
    try removeHalfWritten(path)
    do {
      let bytes = try BlockingFiles.read(path, limit: 256 << 20)
      // A line without its end was being written when the process was killed, so nobody relied on it yet.
      let whole = bytes.prefix((bytes.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1)
      for text in whole.split(separator: UInt8(ascii: "\n")) {
        let line = try JSONDecoder().decode(Line.self, from: Data(text))
        state.parts[line.id] = line.part
        state.lines += 1
      }
      state.parts.settle()
      if whole.count < bytes.count { try BlockingFiles.replace(path, Array(whole), mode: 0o600) }
    } catch let fault as Fault where fault.kind == .notFound {}
    state.isLoaded = true
  }

  /// Files beside it that a process was writing when it was killed.
  private func removeHalfWritten(_ path: String) throws {
    guard let slash = path.lastIndex(of: "/") else { return }
    let (directory, name) = (String(path[..<slash]), path[path.index(after: slash)...])
    for other in try BlockingFiles.list(directory) where other.hasPrefix("\(name).") {
      try BlockingFiles.remove(directory + "/" + other)
    }
  }
}
