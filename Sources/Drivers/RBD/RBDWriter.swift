#if RBD
  internal import Core
  internal import Glibc
  internal import Hardware
  internal import Synchronization

  /// One upload into an RBD image, an object at a time. Objects of nothing but zeros are not written: what is not there
  /// reads as zeros.
  final class RBDWriter: ImageWriter {
    private struct State {
      var held: [UInt8] = []
      var written = 0
      /// The size of the RBD image, which grows in large steps.
      var capacity = 0
      var isOver = false
    }
    private let store: RBDImages
    private let image: RBDImage
    private let key: String
    private let state = Mutex(State())

    init(store: RBDImages, image: RBDImage, key: String) {
      self.store = store
      self.image = image
      self.key = key
    }

    func write(_ bytes: [UInt8]) async throws {
      let size = 1 << store.place.chunkBits
      let objects = state.withLock { state -> [UInt8] in
        // A large piece is not copied once more.
        if state.held.isEmpty { state.held = bytes } else { state.held += bytes }
        guard state.held.count >= size else { return [] }
        let whole = state.held.count / size * size
        let rest = Array(state.held[whole...])
        state.held.removeSubrange(whole...)
        defer { state.held = rest }
        return state.held
      }
      if !objects.isEmpty { try await send(objects) }
    }

    private func send(_ bytes: [UInt8]) async throws {
      let size = 1 << store.place.chunkBits
      let (start, old, capacity) = state.withLock { state in
        let (start, old) = (state.written, state.capacity)
        state.written += bytes.count
        if state.written > old {
          // Objects that are never written cost nothing but, at the end, a word that they are not there.
          state.capacity = max(state.written, old + min(max(old, 64 << 20), 1 << 30))
        }
        return (start, old, state.capacity)
      }
      try await store.run { [image] _ in
        if capacity > old { try image.resize(capacity) }
        try bytes.withUnsafeBytes { all in
          for offset in stride(from: 0, to: all.count, by: size) {
            let object = UnsafeRawBufferPointer(rebasing: all[offset..<min(offset + size, all.count)])
            if !Self.isZero(object) { try image.write(object, at: start + offset) }
          }
        }
      }
    }

    private static func isZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
      guard let first = bytes.baseAddress, bytes[0] == 0 else { return bytes.isEmpty }
      return memcmp(first, first + 1, bytes.count - 1) == 0
    }

    func file() async throws -> String? { nil }
    func key(of hash: String) -> String { key }

    func finish(as key: String) async throws {
      let rest = state.withLock { state in
        defer { state.held = [] }
        return state.held
      }
      if !rest.isEmpty { try await send(rest) }
      let size = state.withLock { $0.written }
      try await store.run { [image, name = self.key + RBDImages.unfinished] pool in
        try image.resize(size)
        try image.flush()
        try image.freeze()
        image.close()
        try pool.rename(name, to: key)
      }
      state.withLock { $0.isOver = true }
    }

    func abandon() async {
      let isOver = state.withLock { state in
        defer { state = State(isOver: true) }
        return state.isOver
      }
      guard !isOver else { return }
      await store.close(image)
      // What cannot be removed now is a stray.
      try? await store.run { [name = key + RBDImages.unfinished] in try $0.erase(name) }
    }
  }
#endif
