internal import API
internal import Core
internal import Crypto
internal import HTTP
internal import JSON
internal import KeystoneModel
internal import Store

/// A receipt: that a user has shown a part of what his rules ask for, and how.
///
/// Sealed with the keys of tokens, in upstream's bytes (keystone/receipt/receipt_formatters.py): who, the methods, the
/// end.
struct Receipt: Sendable {
  static let header = "Openstack-Auth-Receipt"
  let userID: String
  let methods: AuthMethods
  let expires: Timestamp

  var bytes: [UInt8] {
    MessagePack.array([
      TokenPayload.pack(userID), .int(methods.rawValue), .double(Double(expires.microseconds) / 1_000_000),
    ]).encoded
  }

  init(userID: String, methods: AuthMethods, expires: Timestamp) {
    self.userID = userID
    self.methods = methods
    self.expires = expires
  }
  init?(bytes: [UInt8]) {
    guard case .array(let parts)? = try? MessagePack(decoding: bytes), parts.count == 3,
      let user = TokenPayload.unpack(parts[0]), case .int(let methods) = parts[1],
      let expires = TokenPayload.time(parts[2])
    else { return nil }
    self.init(userID: user, methods: AuthMethods(rawValue: methods), expires: expires)
  }
}

/// That more ways to authenticate are needed; answered with a receipt for those that were right.
struct MoreMethodsNeeded: Error {
  let methods: AuthMethods
  let userID: String
  let rules: [[String]]
}

extension Keystone {
  /// The methods that a receipt in the request attests to this user.
  /// - Throws: `unauthorized` for one that is forged, over, or somebody else's.
  func receiptMethods(_ request: Request, of user: String) throws -> AuthMethods {
    guard let text = request.headers[Receipt.header] else { return [] }
    guard text.utf8.count <= 1024, let opened = try tokenKeys.open(text), let receipt = Receipt(bytes: opened.bytes),
      world.now() < receipt.expires, receipt.userID == user
    else { throw Fault.unauthorized("Could not find auth receipt: \(text.prefix(16))….") }
    return receipt.methods
  }

  /// - Throws: `MoreMethodsNeeded` where none of the user's rules is satisfied.
  func checkMethods(_ methods: AuthMethods, of user: User) throws {
    let rules = UserOptions(user.options).methodRules
    guard !rules.isEmpty, !methods.contains(.token) else { return }
    let used = Set(methods.names)
    let known = Set(AuthMethods(rawValue: 1023).names)
    if rules.contains(where: { used.isSuperset(of: known.intersection($0)) }) { return }
    throw MoreMethodsNeeded(methods: methods, userID: user.id, rules: rules)
  }

  func receipt(for needed: MoreMethodsNeeded) async throws -> Response {
    let now = Timestamp(seconds: world.now().seconds)
    let receipt = Receipt(userID: needed.userID, methods: needed.methods, expires: now + options.receiptLifetime)
    let found = try await store.read { transaction -> (User, Project?)? in
      guard let user = try await transaction.get(User.self, needed.userID) else { return nil }
      return (user, try await transaction.domain(user.domainID))
    }
    guard let (user, domain) = found else { throw Fault.unauthorized() }
    let body: JSON = [
      "receipt": [
        "methods": needed.methods.names.json,
        "user": [
          "id": .string(user.id), "name": .string(user.name),
          "domain": ["id": .string(user.domainID), "name": (domain?.name).json],
        ],
        "expires_at": .string(receipt.expires.isoMicrosecondsZ), "issued_at": .string(now.isoMicrosecondsZ),
      ],
      "required_auth_methods": needed.rules.map(\.json).json,
    ]
    return Response(
      status: 401,
      headers: [
        "Content-Type": "application/json", Receipt.header: try tokenKeys.seal(receipt.bytes, padded: false),
        "Vary": "X-Auth-Token",
      ],
      body: .bytes(body.bytes))
  }
}
