// Bus: how the parts of a service reach one another when the store alone is too slow: call, cast, wake.
//
// The store is the truth; the bus only wakes and asks. A lost message costs latency, never work. Messages are encoded
// even inside one process, so that there is one path and nothing can be passed that a wire could not carry.

internal import Core
internal import FoundationEssentials
internal import Log
internal import Synchronization

/// A question and the kind of its answer: a Codable value named as it goes over the wire.
public protocol Verb: Codable, Sendable {
  associatedtype Reply: Codable & Sendable
  /// Unique within a topic: `ensure-running`.
  static var name: String { get }
}

/// The answer to a verb that has none to give.
public struct Done: Codable, Sendable, Equatable {
  public init() {}
}

/// What carries messages: in this process, or a broker.
public protocol Carrier: Sendable {
  /// - Throws: `unavailable` when nobody serves the topic.
  func call(_ topic: String, _ verb: String, _ body: [UInt8]) async throws -> [UInt8]
  func cast(_ topic: String, _ verb: String, _ body: [UInt8]) async
  func serve(_ topic: String, _ handler: @escaping @Sendable (_ verb: String, _ body: [UInt8]) async throws -> [UInt8])
}

public struct Bus: Sendable {
  private let carrier: any Carrier
  public init(_ carrier: any Carrier) { self.carrier = carrier }

  /// Asks and waits for the answer; a fault thrown by the other side is thrown here.
  public func call<V: Verb>(_ topic: String, _ verb: V) async throws -> V.Reply {
    let body = try JSONEncoder().encode(Envelope(trace: Trace.current, body: verb))
    let answer = try await carrier.call(topic, V.name, Array(body))
    let reply = try JSONDecoder().decode(Answer<V.Reply>.self, from: Data(answer))
    if let fault = reply.fault { throw fault }
    guard let value = reply.value else { throw Fault.internalError("\(topic) answered \(V.name) with nothing.") }
    return value
  }

  /// Says it and goes on; it may get lost.
  public func cast<V: Verb>(_ topic: String, _ verb: V) async {
    guard let body = try? JSONEncoder().encode(Envelope(trace: Trace.current, body: verb)) else { return }
    await carrier.cast(topic, V.name, Array(body))
  }

  /// Answers the verbs of a topic, in place of whoever did so before in this process.
  public func serve(_ topic: String, _ verbs: [Served]) {
    let table = Dictionary(verbs.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    carrier.serve(topic) { verb, body in
      guard let served = table[verb] else {
        return try Served.answer(Fault(.notImplemented, "\(topic) does not know \(verb)."))
      }
      return try await served.run(body)
    }
  }
}

/// One verb with what answers it. Whatever goes wrong travels back as a fault in the answer, since a wire carries no
/// other errors.
public struct Served: Sendable {
  let name: String
  let run: @Sendable ([UInt8]) async throws -> [UInt8]

  public static func on<V: Verb>(_ verb: V.Type, _ handler: @escaping @Sendable (V) async throws -> V.Reply) -> Self {
    Served(name: V.name) { body in
      do {
        let envelope = try JSONDecoder().decode(Envelope<V>.self, from: Data(body))
        let value = try await Trace.$current.withValue(envelope.trace) { try await handler(envelope.body) }
        return Array(try JSONEncoder().encode(Answer(value: value)))
      } catch { return try answer(Fault(wrapping: error)) }
    }
  }

  static func answer(_ fault: Fault) throws -> [UInt8] {
    Array(try JSONEncoder().encode(Answer<Done>(fault: fault)))
  }
}

private struct Envelope<Body: Codable>: Codable {
  var trace: Trace?
  var body: Body
}
private struct Answer<Value: Codable>: Codable {
  var value: Value?
  var fault: Fault?
}
/// An answer of any kind, as far as it tells of a failure.
private struct Refusal: Decodable {
  var fault: Fault?
}

/// The carrier inside one process.
public final class LocalCarrier: Carrier {
  private let topics = Mutex<[String: @Sendable (String, [UInt8]) async throws -> [UInt8]]>([:])
  private let log = Log("bus")
  public init() {}

  public func serve(_ topic: String, _ handler: @escaping @Sendable (String, [UInt8]) async throws -> [UInt8]) {
    topics.withLock { $0[topic] = handler }
  }
  public func call(_ topic: String, _ verb: String, _ body: [UInt8]) async throws -> [UInt8] {
    guard let handler = topics.withLock({ $0[topic] }) else {
      throw Fault.unavailable("Nobody serves \(topic). Start the role that does, then try again.")
    }
    return try await handler(verb, body)
  }
  public func cast(_ topic: String, _ verb: String, _ body: [UInt8]) async {
    guard let handler = topics.withLock({ $0[topic] }) else { return }
    Task { [log] in
      do {
        let answer = try await handler(verb, body)
        if let fault = try JSONDecoder().decode(Refusal.self, from: Data(answer)).fault { throw fault }
      } catch {
        log.warning("cast failed", ["topic": topic, "verb": verb, "cause": "\(error)"])
      }
    }
  }
}
