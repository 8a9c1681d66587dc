public import Core
public import JSON

/// That somebody authenticated or changed something, in the form of the Cloud Auditing Data Federation (DSP0262), as
/// upstream's notifications have it.
public struct Notice: Sendable, Equatable {
  public enum Outcome: String, Sendable { case success, failure, pending }

  public var id: String
  public var time: Timestamp
  /// `user`, `role_assignment`, `OS-TRUST:trust`, ...; `authenticate` for logins.
  public var resource: String
  /// `created`, `updated`, `deleted`, ...; empty for logins.
  public var operation: String
  public var outcome: Outcome
  /// The id of what was changed; of the user who authenticated.
  public var target: String
  public var userID: String?
  public var projectID: String?
  public var domainID: String?
  public var address: String
  public var agent: String
  public var requestID: String
  /// Who got or lost which role where, for assignments.
  public var details: JSONObject
  /// Why it failed.
  public var reason: String?

  public init(
    id: String, time: Timestamp, resource: String, operation: String, outcome: Outcome, target: String,
    requestID: String, address: String = "", agent: String = ""
  ) {
    self.id = id
    self.time = time
    self.resource = resource
    self.operation = operation
    self.outcome = outcome
    self.target = target
    self.requestID = requestID
    self.address = address
    self.agent = agent
    details = JSONObject()
  }

  /// `identity.user.created`, `identity.authenticate`
  public var eventType: String {
    operation.isEmpty ? "identity.\(resource)" : "identity.\(resource).\(operation)"
  }

  private static let kinds = [
    "user": "data/security/account/user", "authenticate": "service/security/account/user",
    "OS-TRUST:trust": "data/security/trust", "OS-OAUTH1:consumer": "data/security/account",
    "OS-OAUTH1:access_token": "data/security/credential", "OS-OAUTH1:request_token": "data/security/credential",
    "application_credential": "data/security/credential", "role_assignment": "data/security/account/user",
  ]

  /// The event itself.
  public var payload: JSON {
    var host = JSONObject()
    host["address"] = address.isEmpty ? Optional<JSON>.none : .string(address)
    host["agent"] = agent.isEmpty ? Optional<JSON>.none : .string(agent)
    var initiator: JSONObject = [
      "typeURI": "service/security/account/user", "id": .string(userID ?? "unknown"), "host": .object(host),
      "request_id": .string(requestID),
    ]
    initiator["user_id"] = userID.map { .string($0) }
    initiator["project_id"] = projectID.map { .string($0) }
    initiator["domain_id"] = domainID.map { .string($0) }
    var event: JSONObject = [
      "typeURI": "http://schemas.dmtf.org/cloud/audit/1.0/event", "eventType": "activity", "id": .string(id),
      "eventTime": .string(time.isoMicrosecondsZ), "outcome": .string(outcome.rawValue),
      "action": .string(operation.isEmpty ? resource : "\(operation).\(resource)"), "initiator": .object(initiator),
      "target": ["typeURI": .string(Self.kinds[resource] ?? "data/security/\(resource)"), "id": .string(target)],
      "observer": ["typeURI": "service/security", "id": "identity"],
    ]
    if operation.isEmpty == false { event.append("resource_info", .string(target)) }
    if let reason { event.append("reason", ["reasonType": .string(reason)]) }
    for (key, value) in details.members { event.append(key, value) }
    return .object(event)
  }

  /// The whole message of a notification bus.
  public var message: JSON {
    [
      "message_id": .string(id), "publisher_id": "identity.martlet", "event_type": .string(eventType),
      "priority": "INFO", "timestamp": .string(time.isoMicroseconds), "payload": payload,
    ]
  }
}
