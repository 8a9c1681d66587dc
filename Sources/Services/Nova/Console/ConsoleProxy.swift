// NovaConsole: the screens of servers in a browser.
//
//   browser ── http: noVNC's page ──▶ ConsoleProxy ── TCP or Unix socket ──▶ the guest's VNC server
//           ◀─ WebSocket, binary ──▶      (bytes both ways)
//
// The WebSocket side is libwebsockets (HTTP of the APIs is not: see HTTP), with a listener and a thread of its own: its
// loop is the only thing that touches a connection, so that no connection needs a lock. What has to wait, checking the
// token and connecting to the guest, happens elsewhere, and the result is put into the loop's mailbox. A slow browser
// holds its guest's sender back and a slow guest its browser; nothing is buffered without a limit. What passes through
// is never read: the proxy knows nothing of VNC.

internal import Core
public import Hardware
internal import IO
internal import Log
internal import Synchronization

/// Serves noVNC's page and carries its WebSocket to the VNC server of the guest that its token stands for.
public final class ConsoleProxy: Sendable {
  /// What the token of a console's URL stands for; nil when it is unknown or has expired.
  public typealias Authorise = @Sendable (_ token: String) async throws -> ConsoleAddress?

  private let loop: ConsoleLoop
  private let service = Mutex<Task<Void, Never>?>(nil)

  /// - Parameters:
  ///   - host: a numeric address of this machine, or 0.0.0.0 for all.
  ///   - port: 6080 by custom; 0 for any free one.
  ///   - root: the folder with noVNC's files; Debian's package `novnc` puts them where the default says.
  ///   - allowedOrigins: host names, besides the one the page came from, whose pages may open consoles.
  public init(
    host: String, port: Int = 6080, root: String = "/usr/share/novnc", allowedOrigins: [String] = [],
    authorise: @escaping Authorise
  ) {
    loop = ConsoleLoop(
      ConsoleSettings(host: host, port: port, root: root, allowedOrigins: allowedOrigins), authorise: authorise)
  }

  /// Listens, and gives the port back that was bound.
  /// - Throws: a `conflict` fault that names the address when it cannot be listened on.
  @discardableResult
  public func start() async throws -> Int {
    let thread = try BlockingThreads(name: "console", count: 1)
    let port = try await thread.run { [loop] in try loop.open() }
    let task = Task { [loop] in
      do { try await thread.run { loop.serve() } } catch { Log("nova.console").error("The console proxy ended") }
    }
    service.withLock { $0 = task }
    return port
  }

  /// Closes all consoles and the listener, and returns when they are closed.
  public func stop() async {
    loop.mailbox.post(.stop)
    let task = service.withLock { service in
      defer { service = nil }
      return service
    }
    await task?.value
  }
}
