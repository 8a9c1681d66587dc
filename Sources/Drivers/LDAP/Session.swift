internal import CLDAP
internal import Core
internal import Glibc
internal import Hardware

/// A connection to an LDAP server, closed when nobody holds it. Its calls block.
///
/// Unchecked because it wraps libldap's handle, which one thread at a time may use: a session is taken out of its pool
/// by whoever uses it.
final class Session: @unchecked Sendable {
  private let handle: OpaquePointer
  private let access: DirectoryAccess

  /// Connects, in TLS where that is asked for; nobody is logged in yet.
  init(_ access: DirectoryAccess) throws {
    self.access = access
    var opened: OpaquePointer?
    let result = ldap_initialize(&opened, access.urls.joined(separator: " "))
    guard result == LDAP_SUCCESS, let opened else {
      throw Fault.internalError(
        "The identity service cannot use its LDAP server's address. An administrator must correct ldap.url.",
        detail: "\(access.urls.joined(separator: ", ")): \(String(cString: ldap_err2string(result)))")
    }
    handle = opened
    var version: Int32 = 3
    ldap_set_option(handle, LDAP_OPT_PROTOCOL_VERSION, &version)
    let microseconds = max(access.timeout.microseconds, 1000)
    var limit = timeval(tv_sec: Int(microseconds / 1_000_000), tv_usec: Int(microseconds % 1_000_000))
    // Of connecting and the TLS handshake, and of waiting for an answer.
    ldap_set_option(handle, LDAP_OPT_NETWORK_TIMEOUT, &limit)
    ldap_set_option(handle, LDAP_OPT_TIMEOUT, &limit)
    setPolicies()
    try secure()
  }
  deinit { ldap_unbind_ext_s(handle, nil, nil) }

  private func setPolicies() {
    let aliases: [DirectoryAccess.Aliases: Int32] = [
      .never: LDAP_DEREF_NEVER, .searching: LDAP_DEREF_SEARCHING, .finding: LDAP_DEREF_FINDING,
      .always: LDAP_DEREF_ALWAYS,
    ]
    if var value = aliases[access.aliases] { ldap_set_option(handle, LDAP_OPT_DEREF, &value) }
    if let follows = access.followsReferrals {
      // Both are marks and no pointers to values: LDAP_OPT_ON and LDAP_OPT_OFF.
      var mark: UInt8 = 0
      _ = withUnsafePointer(to: &mark) {
        ldap_set_option(handle, LDAP_OPT_REFERRALS, follows ? UnsafeRawPointer($0) : nil)
      }
    }
    if var level = access.debugLevel.map(Int32.init(truncatingIfNeeded:)), level != 0 {
      ldap_set_option(nil, LDAP_OPT_DEBUG_LEVEL, &level)
    }
  }

  /// Authorities and demands are set on this connection alone: domains may have different ones.
  private func secure() throws {
    let isSecure = access.urls.contains { $0.lowercased().hasPrefix("ldaps:") }
    guard access.startsTLS || isSecure else { return }
    if !access.authorityFile.isEmpty {
      ldap_set_option(handle, LDAP_OPT_X_TLS_CACERTFILE, access.authorityFile)
    } else if !access.authorityDirectory.isEmpty {
      ldap_set_option(handle, LDAP_OPT_X_TLS_CACERTDIR, access.authorityDirectory)
    }
    var demand: Int32 =
      switch access.certificates {
      case .demand: LDAP_OPT_X_TLS_DEMAND
      case .allow: LDAP_OPT_X_TLS_ALLOW
      case .never: LDAP_OPT_X_TLS_NEVER
      }
    ldap_set_option(handle, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand)
    var isServer: Int32 = 0
    ldap_set_option(handle, LDAP_OPT_X_TLS_NEWCTX, &isServer)
    guard access.startsTLS else { return }
    let result = ldap_start_tls_s(handle, nil, nil)
    guard result == LDAP_SUCCESS else { throw failure(result, "begin TLS") }
  }

  /// Logs in; the empty name is nobody's.
  /// - Returns: whether the server takes the password.
  func bind(_ name: String, _ password: String) throws -> Bool {
    let result = cldap_bind(handle, name, password, password.utf8.count)
    switch result {
    case LDAP_SUCCESS: return true
    case LDAP_BUSY, LDAP_UNAVAILABLE: throw failure(result, "log in")
    // Below zero is the library's own: nobody answered. Above, the server did, and said no: to a wrong password, to a
    // closed account, to an entry without a password.
    case ..<0: throw failure(result, "log in")
    default: return false
    }
  }

  func add(_ entry: DirectoryEntry) throws {
    let changes = entry.attributes.sorted { $0.key < $1.key }.map { (LDAP_MOD_ADD, $0.key, $0.value) }
    let mods = try list(changes)
    defer { ldap_mods_free(mods, 1) }
    try check(ldap_add_ext_s(handle, entry.name, mods, nil, nil), "add \(entry.name)")
  }

  func modify(_ name: String, _ changes: [DirectoryChange]) throws {
    let mods = try list(
      changes.map { change in
        switch change {
        case .add(let attribute, let values): (LDAP_MOD_ADD, attribute, values.map { Array($0.utf8) })
        case .replace(let attribute, let values): (LDAP_MOD_REPLACE, attribute, values.map { Array($0.utf8) })
        case .remove(let attribute, let values): (LDAP_MOD_DELETE, attribute, values.map { Array($0.utf8) })
        }
      })
    defer { ldap_mods_free(mods, 1) }
    try check(ldap_modify_ext_s(handle, name, mods, nil, nil), "change \(name)")
  }

  /// By the server's own operation for it (RFC 3062), which hashes; where it has none, as any other attribute.
  func setPassword(_ password: String, of name: String, in attribute: String) throws {
    if attribute.lowercased() == "userpassword" {
      let result = cldap_set_password(handle, name, password, password.utf8.count)
      if result != LDAP_PROTOCOL_ERROR, result != LDAP_UNWILLING_TO_PERFORM {
        return try check(result, "set the password of \(name)")
      }
    }
    try modify(name, [.replace(attribute, [password])])
  }

  func delete(_ name: String) throws { try check(ldap_delete_ext_s(handle, name, nil, nil), "delete \(name)") }

  private func list(
    _ changes: [(operation: Int32, attribute: String, values: [[UInt8]])]
  ) throws -> UnsafeMutablePointer<UnsafeMutablePointer<LDAPMod>?> {
    guard let mods = cldap_mods(changes.count) else { throw Fault.unavailable("There is no memory left. Try again.") }
    for (at, change) in changes.enumerated() {
      cldap_mod(mods, at, change.operation, change.attribute, change.values.count)
      for (index, value) in change.values.enumerated() {
        value.withUnsafeBytes { bytes in
          cldap_mod_value(
            mods, at, index, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
      }
    }
    return mods
  }

  func check(_ result: Int32, _ what: String) throws {
    guard result == LDAP_SUCCESS else { throw failure(result, what) }
  }

  /// What a result code of the library or the server means to us.
  func failure(_ result: Int32, _ what: String) -> Fault {
    var said: UnsafeMutablePointer<CChar>?
    ldap_get_option(handle, LDAP_OPT_DIAGNOSTIC_MESSAGE, &said)
    var detail = "\(what) at \(access.urls.joined(separator: ", ")): \(String(cString: ldap_err2string(result)))"
    if let said {
      if said.pointee != 0 { detail += " (\(String(cString: said)))" }
      ldap_memfree(said)
    }
    return Fault.directory(result, access, detail)
  }

  /// Runs one search, in pages where the way there has them.
  func search(_ search: DirectorySearch) throws -> [DirectoryEntry] {
    var entries: [DirectoryEntry] = []
    var cookie = berval()
    defer { ber_memfree(cookie.bv_val) }
    repeat {
      let page = try self.page(search, &cookie)
      entries += page
      if let limit = search.limit, entries.count >= limit {
        // A server keeps a place in the list until it is told that nobody will come back (RFC 2696, 3).
        if cookie.bv_len > 0 { _ = try? self.page(search, &cookie, size: 0) }
        return Array(entries.prefix(limit))
      }
    } while cookie.bv_len > 0
    return entries
  }

  /// One page from where the cookie says, which is moved on; empty at the end.
  private func page(
    _ search: DirectorySearch, _ cookie: inout berval, size: Int? = nil
  ) throws -> [DirectoryEntry] {
    let size = size ?? access.pageSize
    var control: UnsafeMutablePointer<LDAPControl>?
    defer { ldap_control_free(control) }
    if access.pageSize > 0, search.scope != .base {
      try check(
        // Not critical: a server without pages gives everything at once.
        ldap_create_page_control(handle, ber_int_t(size), &cookie, 0, &control), "ask for pages")
    }
    var controls: [UnsafeMutablePointer<LDAPControl>?] = [control, nil]
    let scope: Int32 =
      switch search.scope {
      case .base: LDAP_SCOPE_BASE
      case .one: LDAP_SCOPE_ONELEVEL
      case .sub: LDAP_SCOPE_SUBTREE
      }
    var message: OpaquePointer?
    defer { ldap_msgfree(message) }
    let microseconds = max(access.timeout.microseconds, 1000)
    var limit = timeval(tv_sec: Int(microseconds / 1_000_000), tv_usec: Int(microseconds % 1_000_000))
    let filter = search.filter.text
    let wantsFew = search.limit != nil && control == nil
    let result = withStrings(search.attributes) { attributes in
      ldap_search_ext_s(
        handle, search.base, scope, filter, attributes, 0, &controls, nil, &limit,
        wantsFew ? Int32(clamping: search.limit ?? 0) : 0, &message)
    }
    // Whoever asked for few has got them.
    if !(wantsFew && result == LDAP_SIZELIMIT_EXCEEDED) { try check(result, "search \(search.base) for \(filter)") }
    if control != nil, let message { try moveOn(message, &cookie) }
    return entries(in: message)
  }

  private func moveOn(_ message: OpaquePointer, _ cookie: inout berval) throws {
    ber_memfree(cookie.bv_val)
    cookie = berval()
    var code: Int32 = 0
    var answers: UnsafeMutablePointer<UnsafeMutablePointer<LDAPControl>?>?
    try check(ldap_parse_result(handle, message, &code, nil, nil, nil, &answers, 0), "read the answer")
    defer { ldap_controls_free(answers) }
    guard let found = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, answers, nil) else { return }
    var count: ber_int_t = 0
    try check(ldap_parse_pageresponse_control(handle, found, &count, &cookie), "read the place in the list")
  }

  private func entries(in message: OpaquePointer?) -> [DirectoryEntry] {
    var entries: [DirectoryEntry] = []
    // References to other servers lie between the entries, and are passed over.
    var next = ldap_first_entry(handle, message)
    while let entry = next {
      if let name = ldap_get_dn(handle, entry) {
        entries.append(DirectoryEntry(name: String(cString: name), attributes: attributes(of: entry)))
        ldap_memfree(name)
      }
      next = ldap_next_entry(handle, entry)
    }
    return entries
  }

  private func attributes(of entry: OpaquePointer) -> [String: [[UInt8]]] {
    var attributes: [String: [[UInt8]]] = [:]
    var place: OpaquePointer?
    var next = ldap_first_attribute(handle, entry, &place)
    while let attribute = next {
      if let values = ldap_get_values_len(handle, entry, attribute) {
        attributes[String(cString: attribute)] = (0..<Int(ldap_count_values_len(values))).compactMap { index in
          values[index].map { value in
            let (start, count) = (value.pointee.bv_val, Int(value.pointee.bv_len))
            return Array(UnsafeRawBufferPointer(start: start, count: count))
          }
        }
        ldap_value_free_len(values)
      }
      ldap_memfree(attribute)
      next = ldap_next_attribute(handle, entry, place)
    }
    ber_free(place, 0)
    return attributes
  }
}

/// Runs `body` with an array of C strings that ends with null; null alone for none.
private func withStrings<T>(
  _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) throws -> T
) rethrows -> T {
  guard !texts.isEmpty else { return try body(nil) }
  var pointers = texts.map { ber_strdup($0) } + [nil]
  defer { for pointer in pointers { ber_memfree(pointer) } }
  return try body(&pointers)
}

extension Fault {
  /// - Parameter result: below zero the library's, above the server's.
  fileprivate static func directory(_ result: Int32, _ access: DirectoryAccess, _ detail: String) -> Fault {
    switch result {
    case LDAP_NO_SUCH_OBJECT: Fault(.notFound, "The directory has no such entry.", detail: detail)
    case LDAP_NO_SUCH_ATTRIBUTE: Fault(.notFound, "The directory's entry has no such value.", detail: detail)
    case LDAP_ALREADY_EXISTS: Fault(.conflict, "The directory has an entry of that name.", detail: detail)
    case LDAP_TYPE_OR_VALUE_EXISTS: Fault(.conflict, "The directory's entry has that value.", detail: detail)
    case LDAP_INSUFFICIENT_ACCESS, LDAP_STRONG_AUTH_REQUIRED, LDAP_CONFIDENTIALITY_REQUIRED:
      Fault(
        .forbidden,
        "The directory does not let the identity service do that. An administrator must give the account of ldap.user "
          + "the right.", detail: detail)
    case LDAP_OBJECT_CLASS_VIOLATION, LDAP_CONSTRAINT_VIOLATION, LDAP_INVALID_SYNTAX, LDAP_INVALID_DN_SYNTAX,
      LDAP_NAMING_VIOLATION, LDAP_UNDEFINED_TYPE, LDAP_NOT_ALLOWED_ON_RDN, LDAP_UNWILLING_TO_PERFORM,
      LDAP_NOT_ALLOWED_ON_NONLEAF:
      Fault(.badRequest, "The directory's rules do not allow that.", detail: detail)
    case LDAP_SIZELIMIT_EXCEEDED:
      Fault(
        .unavailable,
        "Number of User/Group entities returned by LDAP exceeded size limit. Contact your LDAP administrator.",
        detail: detail)
    default:
      Fault(
        .unavailable,
        "Unable to establish a connection to LDAP Server. Try again later; if that does not help, the "
          + "administrator of the directory must act.", detail: detail, code: "directory_down")
    }
  }
}
