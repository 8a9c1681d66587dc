internal import API
internal import HTTP
internal import JSON
internal import Log
internal import Wiring

/// The one port that suffices: every API below its name, metrics, health, and a page that says what is here.
struct Dashboard: Sendable {
  let apis: [(api: PublishedAPI, handler: Handler)]
  let cloud: String

  /// Answers `/compute/v2.1/…` as the compute API answers `/v2.1/…`.
  var handler: Handler {
    let byPrefix = Dictionary(apis.map { ($0.api.prefix, $0.handler) }, uniquingKeysWith: { $1 })
    return { request in
      let segment = String(request.path.dropFirst().prefix { $0 != "/" })
      if let inner = byPrefix[segment] {
        var request = request
        request.path = String(request.path.dropFirst(segment.count + 1))
        if request.path.isEmpty { request.path = "/" }
        request.headers["X-Forwarded-Prefix"] = "/" + segment
        return await inner(request)
      }
      return self.own(request)
    }
  }

  private func own(_ request: Request) -> Response {
    switch request.path {
    case "/": return page("text/html; charset=utf-8", welcome)
    case "/healthz": return page("application/json", JSON.object(["status": "ok"]).text)
    case "/metrics": return page(Metrics.contentType, Metrics.shared.render())
    default:
      return Response(status: 404, headers: ["Content-Type": "text/plain"], body: .bytes(Array("Not found\n".utf8)))
    }
  }

  private func page(_ type: String, _ text: String) -> Response {
    Response(status: 200, headers: ["Content-Type": type], body: .bytes(Array(text.utf8)))
  }

  private var welcome: String {
    let rows = apis.filter { !$0.api.types.isEmpty }.map {
      "<tr><td>\($0.api.types[0])</td><td><a href=\"/\($0.api.prefix)/\">/\($0.api.prefix)/</a></td></tr>"
    }
    return """
      <!doctype html>
      <html lang="en"><meta charset="utf-8"><title>\(cloud.escapedForHTML)</title>
      <style>
        body{font:16px/1.5 sans-serif;max-width:40em;margin:3em auto;padding:0 1em}
        td{padding:.2em 1em .2em 0}
      </style>
      <h1>\(cloud.escapedForHTML)</h1>
      <p>An OpenStack cloud. Every API is served on its own port and, by path, on this one:</p>
      <table>\(rows.joined())</table>
      <p><a href="/metrics">Metrics</a> · <a href="/healthz">Health</a></p>
      </html>
      """
  }
}
