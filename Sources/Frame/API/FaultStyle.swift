public import Core

internal import JSON

/// How a service writes its faults: the status of each kind and the shape of the body its clients parse.
public struct FaultStyle: Sendable {
  /// The request that a fault answers.
  public struct Asked: Sendable {
    public let requestID: String
    /// The request's `Accept`; empty where it has none.
    public let accept: String

    public init(requestID: String, accept: String = "") {
      self.requestID = requestID
      self.accept = accept
    }
  }

  let body: @Sendable (_ fault: Fault, _ status: Int, _ asked: Asked) -> (type: String, bytes: [UInt8])
  let overrides: [Fault.Kind: Int]

  public init(
    statuses overrides: [Fault.Kind: Int] = [:],
    body: @escaping @Sendable (_ fault: Fault, _ status: Int, _ asked: Asked) -> (type: String, bytes: [UInt8])
  ) {
    self.overrides = overrides
    self.body = body
  }

  public func status(of kind: Fault.Kind) -> Int { overrides[kind] ?? Self.statuses[kind] ?? 500 }

  static let statuses: [Fault.Kind: Int] = [
    .badRequest: 400, .unauthorized: 401, .forbidden: 403, .notFound: 404, .methodNotAllowed: 405,
    .notAcceptable: 406, .conflict: 409, .gone: 410, .tooLarge: 413, .overQuota: 403, .unsupportedMedia: 415,
    .preconditionFailed: 412, .rangeNotSatisfiable: 416, .internalError: 500, .notImplemented: 501,
    .unavailable: 503, .timedOut: 504, .outOfSpace: 507,
  ]

  static func title(_ status: Int) -> String {
    switch status {
    case 200: "OK"
    case 201: "Created"
    case 202: "Accepted"
    case 204: "No Content"
    case 300: "Multiple Choices"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 406: "Not Acceptable"
    case 409: "Conflict"
    case 410: "Gone"
    case 412: "Precondition Failed"
    case 413: "Request Entity Too Large"
    case 415: "Unsupported Media Type"
    case 416: "Requested Range Not Satisfiable"
    case 429: "Too Many Requests"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    case 507: "Insufficient Storage"
    default: "Error"
    }
  }

  /// `{"error": {"code", "title", "message"}}`
  public static let keystone = FaultStyle { fault, status, _ in
    json(["error": ["code": .int(status), "message": .string(fault.message), "title": .string(title(status))]])
  }

  private static let novaNames: [Int: String] = [
    400: "badRequest", 401: "unauthorized", 403: "forbidden", 404: "itemNotFound", 405: "badMethod",
    409: "conflictingRequest", 413: "overLimit", 415: "badMediaType", 429: "overLimit", 501: "notImplemented",
    503: "serviceUnavailable",
  ]
  /// `{"itemNotFound": {"code", "message"}}`
  public static let nova = FaultStyle { fault, status, _ in
    json([novaNames[status] ?? "computeFault": ["code": .int(status), "message": .string(fault.message)]])
  }
  /// As nova's, but quotas are 413.
  public static let cinder = FaultStyle(statuses: [.overQuota: 413]) { fault, status, _ in
    json([novaNames[status] ?? "computeFault": ["code": .int(status), "message": .string(fault.message)]])
  }
  /// `{"NeutronError": {"type", "message", "detail"}}`; quotas are 409.
  public static let neutron = FaultStyle(statuses: [.overQuota: 409]) { fault, status, _ in
    json([
      "NeutronError": [
        "type": .string(fault.code ?? "HTTP" + title(status).filter { $0 != " " }), "message": .string(fault.message),
        "detail": "",
      ]
    ])
  }
  /// What webob writes for who asks: a small HTML page for glanceclient, which reads everything; `{"message", "code",
  /// "title"}` for openstacksdk, which reads JSON; and plain text for who does not say. Quotas are 413.
  public static let glance = FaultStyle(statuses: [.overQuota: 413]) { fault, status, asked in
    let line = "\(status) \(title(status))"
    switch AcceptHeader(asked.accept).preferred(of: ["text/html", "application/json"]) {
    case "text/html"?: return ("text/html; charset=UTF-8", Array(page(line, fault.message).utf8))
    case _?:
      return json(["message": .string(fault.message), "code": .string(line), "title": .string(title(status))])
    case nil: return ("text/plain; charset=UTF-8", Array("\(line)\n\n\(fault.message)\n\n".utf8))
    }
  }

  private static func page(_ line: String, _ message: String) -> String {
    """
    <html>
     <head>
      <title>\(line)</title>
     </head>
     <body>
      <h1>\(line)</h1>
      \(message.escapedForHTML)<br /><br />

     </body>
    </html>
    """
  }
  /// `{"errors": [{"status", "title", "detail", "code", "request_id"}]}` (OpenStack API-SIG's errors guideline)
  public static let placement = FaultStyle { fault, status, asked in
    json([
      "errors": [
        [
          "status": .int(status), "title": .string(title(status)), "detail": .string(fault.message),
          "code": .string(fault.code ?? "placement.undefined_code"), "request_id": .string(asked.requestID),
        ]
      ]
    ])
  }

  private static func json(_ value: JSON) -> (type: String, bytes: [UInt8]) { ("application/json", value.bytes) }
}

extension String {
  /// With `&`, `<`, `>` and quotes written as entities.
  public var escapedForHTML: String {
    var out = ""
    for c in self {
      switch c {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "'": out += "&#39;"
      default: out.append(c)
      }
    }
    return out
  }
}
