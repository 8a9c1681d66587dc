import Bus
import Core
import Synchronization
import Testing

@Suite("Bus") struct BusTests {
  struct Add: Verb {
    static let name = "add"
    struct Reply: Codable, Sendable, Equatable {
      var sum: Int
      var trace: Trace?
    }
    var a: Int
    var b: Int
  }
  struct Note: Verb {
    typealias Reply = Done
    static let name = "note"
    var text: String
  }
  struct Unknown: Verb {
    typealias Reply = Done
    static let name = "unknown"
  }
  struct Boom: Error {}

  private final class Heard: Sendable {
    let notes = Mutex<[String]>([])
  }

  private func bus(_ heard: Heard = Heard()) -> Bus {
    let bus = Bus(LocalCarrier())
    bus.serve(
      "sums",
      [
        .on(Add.self) { verb in
          if verb.b == 0 { throw Fault(.conflict, "Nothing to add.", detail: "b", code: "Zero") }
          if verb.b < 0 { throw Boom() }
          return Add.Reply(sum: verb.a + verb.b, trace: Trace.current)
        },
        .on(Note.self) { verb in
          heard.notes.withLock { $0.append(verb.text) }
          if verb.text == "bad" { throw Boom() }
          return Done()
        },
      ])
    return bus
  }

  @Test func aCallIsAnsweredUnderTheCallersTrace() async throws {
    let trace = Trace(requestID: "req-1", globalID: "req-2", user: "u", project: "p")
    let reply = try await Trace.$current.withValue(trace) { try await bus().call("sums", Add(a: 1, b: 2)) }
    #expect(reply == Add.Reply(sum: 3, trace: trace))
    #expect(try await bus().call("sums", Add(a: 1, b: 2)).trace == nil)
  }

  @Test func aFaultComesBackWhole() async throws {
    let fault = await #expect(throws: Fault.self) { try await bus().call("sums", Add(a: 1, b: 0)) }
    #expect(fault == Fault(.conflict, "Nothing to add.", detail: "b", code: "Zero"))
    let bug = await #expect(throws: Fault.self) { try await bus().call("sums", Add(a: 1, b: -1)) }
    #expect(bug?.kind == .internalError)
    #expect(bug?.message.contains("Boom") == false)
  }

  @Test func whatNobodyServesIsSaidSo() async throws {
    let nobody = await #expect(throws: Fault.self) { try await bus().call("moon", Add(a: 1, b: 2)) }
    #expect(nobody?.kind == .unavailable && nobody?.message.contains("moon") == true)
    let unknown = await #expect(throws: Fault.self) { try await bus().call("sums", Unknown()) }
    #expect(unknown?.kind == .notImplemented)
  }

  @Test func whateverGoesWrongTravelsInTheAnswer() async throws {
    let carrier = LocalCarrier()
    Bus(carrier).serve("sums", [.on(Add.self) { _ in Add.Reply(sum: 0, trace: nil) }])
    for (verb, body) in [("add", "{}"), ("add", "x"), ("unknown", "{}")] {
      let answer = try await carrier.call("sums", verb, Array(body.utf8))
      #expect(String(decoding: answer, as: UTF8.self).contains("\"fault\""), "\(verb) \(body)")
    }
  }

  @Test func aCastGoesOnAtOnceAndIsHeard() async throws {
    let heard = Heard()
    let bus = bus(heard)
    await bus.cast("sums", Note(text: "good"))
    await bus.cast("sums", Note(text: "bad"))
    await bus.cast("moon", Note(text: "lost"))
    try await eventually { Set(heard.notes.withLock { $0 }) == ["good", "bad"] }
  }
}
