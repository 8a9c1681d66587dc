internal import API
internal import Core
internal import Crypto
internal import HTTP
internal import JSON
internal import KeystoneModel
internal import Store

/// `POST /v3/ec2tokens` and `/v3/s3tokens`: a token for a request that was signed with an EC2 key. Services ask it for
/// the requests that reach them.
enum EC2Tokens {
  static let policy: Policy = "rule:admin_required or role:service"

  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .post("/ec2tokens", "ec2tokens_validate", exchangeEC2, allow: policy, status: 200),
      .post("/s3tokens", "s3tokens_validate", exchangeS3, allow: policy, status: 200),
    ])

  static func exchangeEC2(_ call: Call<Keystone>, _ body: JSON) async throws -> Response {
    let (text, token) = try await token(body, call) { try EC2Request($0).isSigned(with: $1) }
    return Response(
      status: 200, headers: ["Content-Type": "application/json", "X-Subject-Token": text], body: .bytes(token.bytes))
  }

  static func exchangeS3(_ call: Call<Keystone>, _ body: JSON) async throws -> Response {
    let (_, token) = try await token(body, call) { try S3Request($0).isSigned(with: $1) }
    return Response(status: 200, headers: ["Content-Type": "application/json"], body: .bytes(token.bytes))
  }

  private static func token(
    _ body: JSON, _ call: Call<Keystone>, _ isSigned: (JSON, String) throws -> Bool
  ) async throws -> (String, ValidToken) {
    guard !body.isNull else { throw Fault.badRequest("request must include a request body") }
    let signed = body["credentials"] ?? body["credential"] ?? body["ec2Credentials"] ?? [:]
    guard let access = signed["access"]?.string else { throw Fault.unauthorized("EC2 Signature not supplied") }
    let service = call.service
    let id = Hash.sha256(Array(access.utf8)).hex
    guard let credential = try await service.store.read({ try await $0.get(Credential.self, id) }),
      credential.type == "ec2", let project = credential.projectID,
      let opened = try service.credentialKeys.open(credential.sealed)
    else { throw Fault.notFound("EC2 access key not found.") }
    let blob = try JSON(parsing: opened.bytes)
    guard let secret = blob["secret"]?.string, try isSigned(signed, secret) else {
      throw Fault.unauthorized("Credential signature mismatch")
    }
    try checkTime(of: signed, service)
    var who = Authenticated(userID: credential.userID, methods: .ec2Credential, scope: .project(project))
    who.delegation = Delegation(marks: blob)
    if let trust = who.delegation.trustID {
      // The user of an impersonating trust's key is the trustor; the token belongs to the trustee.
      let found = try await service.store.read { try await $0.get(Trust.self, trust) }
      guard let found else { throw Fault.unauthorized("Could not find trust: \(trust).") }
      who.userID = found.trusteeID
    }
    return try await service.issue(who, scope: .none)
  }

  /// A request is good for a quarter of an hour after its time.
  private static func checkTime(of signed: JSON, _ service: Keystone) throws {
    let parameters = signed["params"]
    guard
      let text = (parameters?["Timestamp"] ?? signed["headers"]?["X-Amz-Date"] ?? parameters?["X-Amz-Date"])?.string
    else { return }
    guard let time = Timestamp(amazon: text) else {
      throw Fault.unauthorized("Credential timestamp is invalid: \(text)")
    }
    guard service.world.now() <= time + .minutes(15) else { throw Fault.unauthorized("Credential is expired") }
  }
}

extension Delegation {
  fileprivate var trustID: String? { if case .trust(let id) = self { id } else { nil } }

  /// What an EC2 key says of the delegation through which it was made, so that it can do no more.
  init(marks blob: JSON) {
    if let id = blob["trust_id"]?.string {
      self = .trust(id)
    } else if let id = blob["app_cred_id"]?.string {
      self = .applicationCredential(id)
    } else if let id = blob["access_token_id"]?.string {
      self = .accessToken(id)
    } else {
      self = .none
    }
  }
  var marks: JSONObject {
    switch self {
    case .trust(let id): ["trust_id": .string(id)]
    case .applicationCredential(let id): ["trust_id": nil, "app_cred_id": .string(id)]
    case .accessToken(let id): ["trust_id": nil, "access_token_id": .string(id)]
    case .none, .federation: ["trust_id": nil]
    }
  }
}

extension Timestamp {
  /// ISO 8601 in its long form, or in the short one of Amazon (`20130524T000000Z`).
  fileprivate init?(amazon text: String) {
    let digits = Array(text)
    guard text.utf8.count == 16, digits[8] == "T" else {
      self.init(text)
      return
    }
    func part(_ range: Range<Int>) -> String { String(digits[range]) }
    self.init(
      "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(9..<11)):\(part(11..<13)):\(part(13..<15))Z")
  }
}
