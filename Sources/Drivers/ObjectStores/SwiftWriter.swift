internal import Core
internal import HTTP
internal import Hardware
internal import JSON
internal import Synchronization

/// One upload into the object storage. Up to a piece it is held and sent as it is; beyond, each segment is one request
/// whose body comes from here as the bytes do.
final class SwiftWriter: ImageWriter {
  private struct State {
    var held: [UInt8] = []
    var segment: Segment?
    var done: [JSON] = []
    var isOver = false
  }
  /// A request under way.
  private struct Segment {
    let pipe: Pipe
    let task: Task<String, any Error>
    let name: String
    /// The most bytes that go into it.
    let limit: Int
    var size = 0
  }
  private let store: SwiftImages
  private let key: String
  private let state = Mutex(State())
  private static let small = 1 << 20
  /// What the object storage takes as one object.
  private static let largest = 5 << 30

  /// A large object has a thousand segments at most: the further on, the larger they are.
  /// - Parameter number: from 0.
  static func size(ofSegment number: Int, of usual: Int) -> Int {
    min(usual << min(number / 200, 8), max(usual, largest))
  }

  init(store: SwiftImages, key: String) {
    self.store = store
    self.key = key
  }

  func write(_ bytes: [UInt8]) async throws {
    let isLarge = state.withLock { state in
      state.held += bytes
      return state.held.count >= Self.small
    }
    if isLarge { try await flush() }
  }

  /// Sends what is held, over the ends of segments.
  private func flush() async throws {
    var rest = state.withLock { state in
      defer { state.held = [] }
      return state.held[...]
    }
    while !rest.isEmpty {
      let known = state.withLock { $0.segment }
      let segment: Segment
      if let known { segment = known } else { segment = try await begin() }
      let piece = rest.prefix(segment.limit - segment.size)
      rest = rest.dropFirst(piece.count)
      guard await segment.pipe.send(Array(piece)) else {
        // The request is over before its body is: it says why.
        _ = try await segment.task.value
        throw Fault.unavailable("The image store took no more of a segment.", detail: "swift: \(segment.name)")
      }
      let size = state.withLock { state -> Int in
        state.segment?.size += piece.count
        return segment.size + piece.count
      }
      if size >= segment.limit { try await endSegment() }
    }
  }

  private func begin() async throws -> Segment {
    // A stream cannot be sent again: a token that has run out is to be noticed before.
    _ = try await store.ask("HEAD", store.place.segments)
    let number = state.withLock { $0.done.count + 1 }
    let name = name(ofSegment: number)
    let pipe = Pipe()
    let store = store
    let task = Task {
      defer { pipe.close() }
      let response = try await store.ask(
        "PUT", store.place.segments, name, headers: ["Content-Type": "application/octet-stream"],
        body: .stream(BodyStream { await pipe.next() }))
      guard response.status == 201, let tag = response.headers["ETag"] else {
        throw await store.objects.fault(response, "PUT \(name)")
      }
      return tag
    }
    let limit = Self.size(ofSegment: number - 1, of: store.place.segmentSize)
    let segment = Segment(pipe: pipe, task: task, name: name, limit: limit)
    state.withLock { $0.segment = segment }
    return segment
  }

  private func name(ofSegment number: Int) -> String {
    "\(key)/" + String(repeating: "0", count: 8 - String(number).count) + String(number)
  }

  private func endSegment() async throws {
    guard let segment = state.withLock({ $0.segment }) else { return }
    await segment.pipe.end()
    let tag = try await segment.task.value
    state.withLock { state in
      state.segment = nil
      state.done.append([
        "path": .string("/\(store.place.segments)/\(segment.name)"),
        "etag": .string(tag.filter { $0 != "\"" }), "size_bytes": .int(segment.size),
      ])
    }
  }

  func file() async throws -> String? { nil }
  func key(of hash: String) -> String { key }

  func finish(as key: String) async throws { try await carryThrough { try await self.complete(key) } }

  private func complete(_ key: String) async throws {
    let (held, isSmall) = state.withLock { ($0.held, $0.segment == nil && $0.done.isEmpty) }
    let response: Response
    if isSmall {
      response = try await store.ask(
        "PUT", store.place.container, key, headers: ["Content-Type": "application/octet-stream"], body: .bytes(held))
    } else {
      try await flush()
      try await endSegment()
      let manifest = JSON.array(state.withLock { $0.done })
      response = try await store.ask(
        "PUT", store.place.container, key, query: [(name: "multipart-manifest", value: "put")],
        headers: ["Content-Type": "application/octet-stream"], body: .bytes(manifest.bytes))
    }
    guard response.status == 201 else { throw await store.objects.fault(response, "PUT \(key)") }
    state.withLock { $0.isOver = true }
  }

  func abandon() async {
    let (segment, count, isOver) = state.withLock { state in
      defer {
        state.segment = nil
        state.held = []
        state.isOver = true
      }
      return (state.segment, state.done.count, state.isOver)
    }
    guard !isOver else { return }
    if let segment {
      segment.task.cancel()
      segment.pipe.close()
      _ = await segment.task.result
    }
    let names = (0..<(count + (segment == nil ? 0 : 1))).map { name(ofSegment: $0 + 1) }
    let store = store
    _ = try? await carryThrough {
      for name in names { _ = try? await store.ask("DELETE", store.place.segments, name) }
    }
  }
}

/// Pieces from one task to another, one at a time: who sends waits until the last piece was taken.
private final class Pipe: Sendable {
  private struct State {
    var piece: [UInt8]?
    var isEnded = false
    var isClosed = false
    var sender: CheckedContinuation<Void, Never>?
    var taker: CheckedContinuation<Void, Never>?
  }
  private let state = Mutex(State())

  /// - Returns: false when nobody takes pieces any more.
  func send(_ piece: [UInt8]) async -> Bool {
    await untilEmpty()
    let taker = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard !state.isClosed else { return nil }
      state.piece = piece
      return state.taker.take()
    }
    taker?.resume()
    return state.withLock { !$0.isClosed }
  }

  func end() async {
    await untilEmpty()
    state.withLock { state in
      state.isEnded = true
      return state.taker.take()
    }?.resume()
  }

  private func untilEmpty() async {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        if state.piece == nil || state.isClosed { return true }
        state.sender = continuation
        return false
      }
      if isFree { continuation.resume() }
    }
  }

  func next() async -> [UInt8]? {
    await withCheckedContinuation { continuation in
      let isReady = state.withLock { state in
        if state.piece != nil || state.isEnded || state.isClosed { return true }
        state.taker = continuation
        return false
      }
      if isReady { continuation.resume() }
    }
    let (piece, sender) = state.withLock { state in (state.piece.take(), state.sender.take()) }
    sender?.resume()
    return piece
  }

  func close() {
    let (sender, taker) = state.withLock { state in
      state.isClosed = true
      state.piece = nil
      return (state.sender.take(), state.taker.take())
    }
    sender?.resume()
    taker?.resume()
  }
}
