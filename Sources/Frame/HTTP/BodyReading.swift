internal import Core

extension Body {
  /// The whole body in memory.
  /// - Throws: a `tooLarge` fault past `limit` bytes.
  public func collect(limit: Int) async throws -> [UInt8] {
    func refuse() -> Fault { Fault(.tooLarge, "The request body is larger than the \(limit) bytes allowed here.") }
    switch self {
    case .empty: return []
    case .bytes(let b):
      guard b.count <= limit else { throw refuse() }
      return b
    case .stream(let stream):
      if let length = stream.length, length > limit { throw refuse() }
      var all: [UInt8] = []
      while let piece = try await stream.next() {
        guard all.count + piece.count <= limit else { throw refuse() }
        all += piece
      }
      return all
    case .file:
      throw Fault.internalError("A file body is for sending only.")
    }
  }
}
