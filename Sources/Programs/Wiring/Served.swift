internal import Core
package import HTTP

/// What one process serves of a cloud.
package protocol Served: Sendable {
  var settings: Settings { get }
  /// What answers on each port.
  var ports: [(api: PublishedAPI, handler: Handler)] { get }
  /// Makes what must be there before anybody asks.
  func bootstrap() async throws
  /// Starts what runs by itself.
  /// - Parameter server: where guests ask for metadata and users for consoles; nil where nothing listens.
  func start(_ server: HTTPServer?) async throws
  /// Parks what runs and closes the store.
  func stop(within limit: Duration) async
}
