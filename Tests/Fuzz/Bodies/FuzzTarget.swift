// FuzzBodies: what must hold for every parser that reads bytes from strangers, whatever the bytes.
//
// A body takes bytes, hands them to a parser and throws `Broken` when a property of it does not hold: what is accepted
// reads back the same, obeys the documented limits, and whatever is refused is refused as the sender's fault. libFuzzer
// runs the bodies for minutes in Tests/Fuzz/Program; `make unit` runs them over the corpus and a few mutations. So a
// body neither waits long nor keeps anything from one input to the next.

import Core

/// One parser under test.
public struct FuzzTarget: Sendable, CustomStringConvertible {
  /// The name of its corpus, `Tests/Fuzz/Corpus/NAME`.
  public let name: String
  /// Inputs longer than this show nothing new.
  public let length: Int
  /// How many mutations the unit test tries; fewer where one input takes long.
  public let mutations: Int
  /// - Throws: `Broken` when a property does not hold.
  public let run: @Sendable ([UInt8]) throws -> Void

  init(
    _ name: String, length: Int = 1024, mutations: Int = 2000, _ run: @escaping @Sendable ([UInt8]) throws -> Void
  ) {
    self.name = name
    self.length = length
    self.mutations = mutations
    self.run = run
  }
  public var description: String { name }

  public static let all: [FuzzTarget] = [
    .json, .http, .policy, .fernet, .token, .sql, .image, .query, .ini, .yaml, .address, .timestamp, .base64, .sshKey,
    .microversion, .page, .shape, .option, .bus, .like, .pattern, .patch, .placement, .origin, .path,
    .mapping,
  ]
}

/// A property that an input broke, in words.
public struct Broken: Error, CustomStringConvertible {
  public let description: String
}

/// Throws when the property does not hold.
func hold(_ property: Bool, _ words: @autoclosure () -> String) throws {
  if !property { throw Broken(description: words()) }
}

/// The result of something that may refuse its input; nil when it did, in one of these ways.
/// - Throws: `Broken` when it failed in any other way, which a user would be shown as the server's fault.
func accepted<T>(as kinds: Set<Fault.Kind> = [.badRequest], _ body: () throws -> T) throws -> T? {
  do { return try body() } catch let fault as Fault where kinds.contains(fault.kind) {
    try hold(!fault.message.isEmpty, "a refusal without a word")
    return nil
  } catch let broken as Broken { throw broken } catch { throw Broken(description: "refused as \(error)") }
}

/// Bytes taken apart into what a body needs; when they are used up, zeros and empty texts follow.
struct Pieces {
  private var rest: ArraySlice<UInt8>
  init(_ bytes: [UInt8]) { rest = bytes[...] }

  var isEmpty: Bool { rest.isEmpty }
  mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }
  mutating func below(_ limit: Int) -> Int { Int(byte()) % limit }
  mutating func number() -> Int { (0..<8).reduce(0) { n, _ in n << 8 | Int(byte()) } }
  /// As many bytes as the first of them says.
  mutating func bytes() -> [UInt8] {
    let count = min(Int(byte()), rest.count)
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }
  /// The same as text, mended where it is no UTF-8.
  mutating func text() -> String { String(decoding: bytes(), as: UTF8.self) }
  /// Everything up to the next line end, as text.
  mutating func line() -> String {
    let line = rest.prefix { $0 != 10 }
    rest = rest.dropFirst(line.count + 1)
    return String(decoding: line, as: UTF8.self)
  }
  mutating func all() -> [UInt8] {
    defer { rest = [] }
    return Array(rest)
  }
  mutating func allText() -> String { String(decoding: all(), as: UTF8.self) }
}

/// Whether two texts are the same bytes; `==` takes composed and decomposed letters for one.
func same(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }

extension String {
  /// The bytes as text, mended where they are no UTF-8, as headers and paths reach the parsers.
  init(mending bytes: [UInt8]) { self.init(decoding: bytes, as: UTF8.self) }
}
