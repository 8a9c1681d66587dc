/// A property of a struct, reached by its place in memory.
///
/// Rows and views name properties by key paths and use them a hundred thousand times a second. A key path's own way
/// costs generic code some hundred nanoseconds, a place in memory a few; what is computed has no place and goes by
/// the key path. Roots are passed by address, so that the loops of callers need not be generic over them, which would
/// have the runtime look up types at every turn.
public struct StoredProperty<Root, Value>: Sendable {
  private let path: any KeyPath<Root, Value> & Sendable
  /// Bytes from the root's beginning; nil for what is computed.
  public let offset: Int?

  public init(_ path: any KeyPath<Root, Value> & Sendable) {
    self.path = path
    offset = MemoryLayout<Root>.offset(of: path)
  }

  /// - Parameter root: where a `Root` is.
  public func read(_ root: UnsafeRawPointer) -> Value {
    if let offset { return root.advanced(by: offset).assumingMemoryBound(to: Value.self).pointee }
    return root.assumingMemoryBound(to: Root.self).pointee[keyPath: path]
  }

  /// Writes a property whose path can be written; another is left as it is.
  /// - Parameter root: where a `Root` is.
  public func write(_ value: Value, to root: UnsafeMutableRawPointer) {
    if let offset {
      root.advanced(by: offset).assumingMemoryBound(to: Value.self).pointee = value
    } else if let path = path as? WritableKeyPath<Root, Value> {
      root.assumingMemoryBound(to: Root.self).pointee[keyPath: path] = value
    }
  }
}
