internal import Core

/// A directory of people and groups, as LDAP has it: a tree of entries, each with a name and attributes.
///
/// Names are texts as RFC 4514 writes them: `cn=Ada,ou=Users,dc=example,dc=org`. Every call ends within the time that
/// the way there (`DirectoryAccess`) allows.
/// - Throws: of every call, `unavailable` where no server answers, `forbidden` where the account that asks may not.
public protocol Directory: Sendable {
  /// Whether that is the entry's password; an empty one never is, which servers would take for nobody's login.
  func verify(_ password: String, of name: String) async throws -> Bool

  /// - Throws: `notFound` where the base is not there, `unavailable` where there are more entries than the server
  ///   gives away.
  func search(_ search: DirectorySearch) async throws -> [DirectoryEntry]

  /// - Throws: `conflict` where there is an entry of that name, `badRequest` where the server's rules refuse it.
  func add(_ entry: DirectoryEntry) async throws

  /// Makes all changes or none.
  /// - Throws: `notFound` where the entry, or a value to remove, is not there; `conflict` where a value to add is;
  ///   `badRequest` where the server's rules refuse it.
  func modify(_ name: String, _ changes: [DirectoryChange]) async throws

  /// Gives the entry a password, which the server hashes where it can.
  /// - Parameter attribute: where passwords are kept: `userPassword` as a rule.
  func setPassword(_ password: String, of name: String, in attribute: String) async throws

  /// - Throws: `notFound` where it is not there.
  func delete(_ name: String) async throws
}

/// An entry, with those of its attributes that were asked for.
public struct DirectoryEntry: Sendable, Equatable {
  public var name: String
  /// Values by attribute. The case of attributes' names does not matter to servers: read them with the subscript.
  public var attributes: [String: [[UInt8]]]

  public init(_ name: String, _ attributes: [String: [String]] = [:]) {
    self.name = name
    self.attributes = attributes.mapValues { $0.map { Array($0.utf8) } }
  }
  public init(name: String, attributes: [String: [[UInt8]]]) {
    self.name = name
    self.attributes = attributes
  }

  public subscript(attribute: String) -> [[UInt8]] {
    if let values = attributes[attribute] { return values }
    let wanted = attribute.lowercased()
    return attributes.first { $0.key.lowercased() == wanted }?.value ?? []
  }
  /// The values that are texts, and the UUIDs that some servers keep in sixteen bytes, the first three parts of them
  /// with the low byte first.
  public func texts(_ attribute: String) -> [String] {
    self[attribute].compactMap { bytes in
      if let text = String(validating: bytes, as: UTF8.self) { return text }
      guard bytes.count == 16 else { return nil }
      let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
      let hex = order.map { bytes[$0] }.hex
      let cuts = [0, 8, 12, 16, 20, 32]
      return zip(cuts, cuts.dropFirst()).map { String(hex.dropFirst($0).prefix($1 - $0)) }.joined(separator: "-")
    }
  }
}

/// One change of one attribute.
public enum DirectoryChange: Sendable, Equatable {
  case add(String, [String])
  case replace(String, [String])
  /// Takes away the values; all of them where none is named.
  case remove(String, [String])
}

/// What to look for, and where.
public struct DirectorySearch: Sendable, Equatable {
  /// How deep: the entry itself, those right below it, or it and everything below.
  public enum Scope: String, Sendable, CaseIterable { case base, one, sub }
  public var base: String
  public var scope: Scope
  public var filter: DirectoryFilter
  /// Empty for all that users have.
  public var attributes: [String]
  /// At most so many entries, and no complaint that there are more; nil for all.
  public var limit: Int?

  /// What asks for names alone (RFC 4511, 4.5.1.8).
  public static let namesOnly = ["1.1"]

  public init(
    _ base: String, _ scope: Scope, _ filter: DirectoryFilter = .present("objectClass"), attributes: [String] = [],
    limit: Int? = nil
  ) {
    self.base = base
    self.scope = scope
    self.filter = filter
    self.attributes = attributes
    self.limit = limit
  }
}

/// The way to a directory, and who asks there.
public struct DirectoryAccess: Sendable, Equatable {
  /// When aliases are followed; `default` leaves it to the machine's `ldap.conf`.
  public enum Aliases: String, Sendable, CaseIterable { case never, searching, always, finding, `default` }
  /// Whether the server must prove who it is.
  public enum Certificates: String, Sendable, CaseIterable { case demand, never, allow }

  /// `ldap://`, `ldaps://` or `ldapi://`, tried in this order.
  public var urls: [String] = []
  /// Who asks; empty for nobody in particular.
  public var user = ""
  public var password = ""
  /// Entries of one answer; 0 for all at once.
  public var pageSize = 0
  public var aliases = Aliases.default
  /// Nil leaves it to the machine's `ldap.conf`.
  public var followsReferrals: Bool?
  /// Whether an `ldap://` connection turns to TLS before anything is said.
  public var startsTLS = false
  public var authorityFile = ""
  public var authorityDirectory = ""
  public var certificates = Certificates.demand
  /// How long connecting, and each answer, may take.
  public var timeout: Duration = .seconds(10)
  /// How many connections are kept; 0 for none.
  public var poolSize = 10
  public var poolLifetime: Duration = .seconds(600)
  /// How often connecting is tried, and how long in between.
  public var attempts = 3
  public var retryDelay: Duration = .milliseconds(100)
  /// The same for the connections on which users' passwords are tried.
  public var loginPoolSize = 100
  public var loginPoolLifetime: Duration = .seconds(60)
  /// The library's own messages on standard error, as its bitmask; nil or 0 for none.
  public var debugLevel: Int?

  public init() {}
}
