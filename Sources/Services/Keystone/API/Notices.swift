internal import API
internal import Core
internal import HTTP
internal import JSON
internal import KeystoneModel
internal import Log

extension Keystone {
  /// The rows, each of which tells of the logins and changes that are made through it.
  func telling(_ rows: [BoundRoute]) -> [BoundRoute] {
    rows.map { row in
      guard let subject = NoticeSubject(row.rule) else { return row }
      return row.observed { incoming, outcome in await tell(subject, incoming, outcome) }
    }
  }

  private func tell(
    _ subject: NoticeSubject, _ incoming: Incoming, _ result: Result<Response, any Error>
  ) async {
    var notice = Notice(
      id: world.uuid(), time: world.now(), resource: subject.resource, operation: subject.operation, outcome: .success,
      target: "", requestID: incoming.requestID, address: incoming.request.peer,
      agent: incoming.request.headers["User-Agent"] ?? "")
    var shown = JSON.null
    switch result {
    case .failure(let error):
      notice.outcome = .failure
      notice.reason = Fault(wrapping: error).kind.rawValue
    case .success(let response):
      if response.status == 401 { notice.outcome = .pending }
      if case .bytes(let bytes) = response.body, subject.isNew { shown = (try? JSON(parsing: bytes)) ?? .null }
    }
    let caller = incoming.caller
    if subject.isLogin {
      let token = shown["token"]
      let named = incoming.body["auth"]?["identity"]?["password"]?["user"]
      notice.userID = token?["user"]?["id"]?.string ?? named?["id"]?.string
      notice.target = notice.userID ?? named?["name"]?.string ?? "unknown"
      notice.projectID = token?["project"]?["id"]?.string
      notice.domainID = token?["domain"]?["id"]?.string
    } else {
      // Changes that were refused changed nothing.
      guard notice.outcome == .success else { return }
      notice.userID = caller.isAnonymous ? incoming.path["id"] : caller.userID
      notice.projectID = caller.projectID
      notice.domainID = caller.domainID
      notice.target = subject.target(incoming, shown)
      if subject.resource == "role_assignment" { notice.details = subject.assignment(incoming) }
    }
    await notify(notice)
  }

  /// Where notices go unless somebody takes them: one line each in the log.
  static let logNotices: @Sendable (Notice) async -> Void = { notice in
    Log("audit").info(
      notice.eventType,
      [
        "outcome": notice.outcome.rawValue, "target": notice.target, "peer": notice.address,
        "reason": notice.reason ?? "",
      ])
  }
}

/// What a rule's requests do, as notices call it.
struct NoticeSubject: Sendable {
  let resource: String
  let operation: String

  var isLogin: Bool { operation.isEmpty }
  var isNew: Bool { isLogin || operation == "created" }

  private static let special: [String: (String, String)] = [
    "authenticate": ("authenticate", ""), "ec2tokens_validate": ("authenticate", ""),
    "s3tokens_validate": ("authenticate", ""), "change_password": ("user", "updated"),
    "add_user_to_group": ("group", "added"), "remove_user_from_group": ("group", "removed"),
    "create_grant": ("role_assignment", "created"), "revoke_grant": ("role_assignment", "deleted"),
    "create_system_grant_for_user": ("role_assignment", "created"),
    "create_system_grant_for_group": ("role_assignment", "created"),
    "revoke_system_grant_for_user": ("role_assignment", "deleted"),
    "revoke_system_grant_for_group": ("role_assignment", "deleted"), "create_trust": ("OS-TRUST:trust", "created"),
    "delete_trust": ("OS-TRUST:trust", "deleted"), "create_consumer": ("OS-OAUTH1:consumer", "created"),
    "update_consumer": ("OS-OAUTH1:consumer", "updated"), "delete_consumer": ("OS-OAUTH1:consumer", "deleted"),
    "create_request_token": ("OS-OAUTH1:request_token", "created"),
    "create_access_token": ("OS-OAUTH1:access_token", "created"),
    "delete_access_token": ("OS-OAUTH1:access_token", "deleted"), "revoke_token": ("token", "revoked"),
  ]

  /// nil for rules by which nothing changes.
  init?(_ rule: String) {
    let name = String(rule.dropFirst("identity:".count))
    if let (resource, operation) = Self.special[name] {
      self.resource = resource
      self.operation = operation
      return
    }
    for (prefix, done) in [("create_", "created"), ("update_", "updated"), ("delete_", "deleted")]
    where name.hasPrefix(prefix) {
      resource = String(name.dropFirst(prefix.count))
      operation = done
      return
    }
    return nil
  }

  func target(_ incoming: Incoming, _ shown: JSON) -> String {
    let made = shown[resource.split(separator: ":").last.map(String.init) ?? resource]?["id"]?.string
    return made ?? incoming.path["id"] ?? incoming.path["role"] ?? incoming.path["access"] ?? ""
  }

  func assignment(_ incoming: Incoming) -> JSONObject {
    var details = JSONObject()
    for key in ["role", "user", "group", "project", "domain"] {
      details[key] = incoming.path[key].map { .string($0) }
    }
    details["inherited_to_projects"] = .bool(incoming.request.path.contains("inherited_to_projects"))
    return details
  }
}
