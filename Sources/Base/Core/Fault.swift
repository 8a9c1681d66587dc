// Core: what every module needs and none owns: faults, time, chance, ids and the trace of a request.
//
// Time and chance come from a `World`, which a simulation replaces; nothing else in Martlet asks the platform for them.
// No domain, no input or output.

/// What went wrong, in words for the user, without a word of HTTP.
///
/// Thrown by everything below the API and rendered once, in the body shape of the service that was asked.
/// Anything else that is thrown is a bug and becomes a 500 with its request id. Codable, since sagas keep faults and
/// the bus carries them.
public struct Fault: Error, Sendable, Equatable, Codable, CustomStringConvertible {
  /// The dozen ways in which a request can fail; the API layer alone maps them to statuses.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    case badRequest, unauthorized, forbidden, notFound, methodNotAllowed, notAcceptable, conflict, gone
    case tooLarge, overQuota, unsupportedMedia, preconditionFailed, rangeNotSatisfiable
    case internalError, notImplemented, unavailable, timedOut, outOfSpace
  }

  public var kind: Kind
  /// For the user: what happened, who must act, what to do next.
  public var message: String
  /// For the log and for administrators; never shown to a user who is none.
  public var detail: String?
  /// The service's own machine-readable name of the fault, where its clients read one
  /// (neutron's `NetworkNotFound`, placement's `placement.concurrent_update`).
  public var code: String?

  public init(_ kind: Kind, _ message: String, detail: String? = nil, code: String? = nil) {
    self.kind = kind
    self.message = message
    self.detail = detail
    self.code = code
  }

  public static func badRequest(_ message: String, code: String? = nil) -> Fault {
    Fault(.badRequest, message, code: code)
  }
  public static func unauthorized(
    _ message: String = "The request you have made requires authentication."
  ) -> Fault { Fault(.unauthorized, message) }
  public static func forbidden(_ message: String) -> Fault { Fault(.forbidden, message) }
  public static func notFound(_ message: String, code: String? = nil) -> Fault {
    Fault(.notFound, message, code: code)
  }
  public static func conflict(_ message: String, code: String? = nil) -> Fault {
    Fault(.conflict, message, code: code)
  }
  public static func overQuota(_ message: String, code: String? = nil) -> Fault {
    Fault(.overQuota, message, code: code)
  }
  public static func unavailable(_ message: String, detail: String? = nil) -> Fault {
    Fault(.unavailable, message, detail: detail)
  }
  public static func internalError(_ message: String, detail: String? = nil) -> Fault {
    Fault(.internalError, message, detail: detail)
  }

  public var description: String { "\(kind.rawValue): \(message)" + (detail.map { " [\($0)]" } ?? "") }

  /// The fault inside any error: itself where it is one, else an internal error that keeps the cause as its detail.
  public init(wrapping error: any Error) {
    if let fault = error as? Fault {
      self = fault
    } else if error is CancellationError {
      self.init(.unavailable, "The work was interrupted because the service is stopping. Try again.")
    } else {
      self.init(
        .internalError, "An unexpected error prevented the server from fulfilling your request.", detail: "\(error)")
    }
  }
}
