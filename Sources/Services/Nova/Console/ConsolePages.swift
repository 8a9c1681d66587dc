internal import CLinux

/// Which file answers which path of the proxy's pages.
enum ConsolePages {
  enum Answer: Equatable {
    case file(path: String, type: String)
    case missing
    /// noVNC itself is not there.
    case notInstalled
  }

  /// The page that connects of itself is `vnc_lite.html`, also under the names that older clients know: Debian's
  /// `vnc_auto.html` is a link to the page that waits for a click.
  private static let pages: Set<String> = ["/", "/index.html", "/vnc_auto.html", "/vnc_lite.html"]

  private static let types: [Substring: String] = [
    "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8",
    "json": "application/json", "svg": "image/svg+xml", "png": "image/png", "ico": "image/x-icon",
    "woff": "font/woff", "ttf": "font/ttf", "oga": "audio/ogg", "mp3": "audio/mpeg", "txt": "text/plain",
  ]

  /// - Parameter path: decoded, without the query.
  static func answer(_ path: String, root: String) -> Answer {
    let isPage = pages.contains(path) || path == "/vnc.html"
    let file = pages.contains(path) ? "/vnc_lite.html" : path
    let segments = file.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    guard file.hasPrefix("/"), !segments.contains(where: { $0.isEmpty || $0.hasPrefix(".") || $0.contains("\0") }),
      let type = types[segments.last?.split(separator: ".").last ?? ""]
    else { return .missing }
    guard access(root + file, R_OK) == 0 else { return isPage ? .notInstalled : .missing }
    return .file(path: root + file, type: type)
  }
}
