import API
import Core
import HTTP
import JSON
import KeystoneAPI
import KeystoneModel
import Synchronization
import Testing

@Suite("Notices and events") struct NoticeTests {
  private final class Inbox: Sendable {
    private let notices = Mutex<[Notice]>([])
    func take(_ notice: Notice) { notices.withLock { $0.append(notice) } }
    var last: Notice? { notices.withLock { $0.last } }
    var types: [String] { notices.withLock { $0.map(\.eventType) } }
    func clear() { notices.withLock { $0 = [] } }
  }

  @Test("Logins and changes are told, with who, what and how it ended")
  func told() async throws {
    let inbox = Inbox()
    let cloud = try await TestCloud(notify: { inbox.take($0) })
    inbox.clear()
    _ = try await cloud.authenticate(TestCloud.user("demo", "wrong"))
    let failed = try #require(inbox.last)
    #expect(failed.eventType == "identity.authenticate")
    #expect(failed.payload["outcome"] == "failure")
    #expect(failed.target == "demo")
    let demo = try await cloud.demo()
    let login = try #require(inbox.last)
    #expect(login.payload["outcome"] == "success")
    #expect(login.payload["action"] == "authenticate")
    #expect(login.payload["typeURI"] == "http://schemas.dmtf.org/cloud/audit/1.0/event")
    #expect(login.projectID != nil)

    inbox.clear()
    let user = try await cloud.make("/v3/users", "user", ["name": "ann", "password": "p"])
    let made = try #require(inbox.last)
    #expect(made.eventType == "identity.user.created")
    #expect(made.payload["resource_info"]?.string == user)
    #expect(made.payload["target"]?["typeURI"] == "data/security/account/user")
    #expect(made.message["event_type"] == "identity.user.created")
    let admin = try await cloud.id(of: "admin", in: "users")
    #expect(made.payload["initiator"]?["user_id"]?.string == admin)
    let project = try await cloud.id(of: "demo", in: "projects")
    let role = try await cloud.id(of: "member", in: "roles")
    inbox.clear()
    #expect(try await cloud.ask("PUT", "/v3/projects/\(project)/users/\(user)/roles/\(role)").status == 204)
    #expect(inbox.last?.eventType == "identity.role_assignment.created")
    #expect(inbox.last?.payload["project"]?.string == project)
    #expect(inbox.last?.payload["inherited_to_projects"] == false)
    #expect(try await cloud.ask("PATCH", "/v3/users/\(user)", ["user": ["email": "a@b"]]).status == 200)
    #expect(try await cloud.ask("DELETE", "/v3/users/\(user)").status == 204)
    #expect(
      inbox.types == ["identity.role_assignment.created", "identity.user.updated", "identity.user.deleted"])
    // What was refused, and what only looked, changed nothing.
    inbox.clear()
    #expect(try await cloud.send("DELETE", "/v3/users/\(admin)", as: demo).status == 403)
    #expect(try await cloud.ask("GET", "/v3/users").status == 200)
    #expect(inbox.types.isEmpty)
  }

  @Test("The list of revocations, since a moment; certificates are gone")
  func events() async throws {
    let cloud = try await TestCloud()
    let demo = try await cloud.demo()
    #expect(try await cloud.send("GET", "/v3/OS-REVOKE/events", as: demo).status == 403)
    let user = try await cloud.id(of: "demo", in: "users")
    cloud.clock.advance(.seconds(10))
    #expect(
      try await cloud.send("DELETE", "/v3/auth/tokens", as: demo, headers: ["X-Subject-Token": demo]).status == 204)
    let middle = cloud.clock.now
    cloud.clock.advance(.seconds(10))
    #expect(try await cloud.ask("PATCH", "/v3/users/\(user)", ["user": ["enabled": false]]).status == 200)
    let all = try await cloud.ask("GET", "/v3/OS-REVOKE/events").json["events"]?.array ?? []
    #expect(all.contains { $0["audit_id"]?.string != nil })
    #expect(all.contains { $0["user_id"]?.string == user })
    let since = percentEncode((middle + .seconds(1)).isoMicrosecondsZ)
    let late = try await cloud.ask("GET", "/v3/OS-REVOKE/events?since=\(since)").json["events"]?.array ?? []
    #expect(late.count == 1)
    #expect(try await cloud.ask("GET", "/v3/OS-REVOKE/events?since=yesterday").status == 400)
    #expect(try await cloud.send("GET", "/v3/OS-SIMPLE-CERT/ca", as: nil).status == 410)
    #expect(try await cloud.send("GET", "/v3/OS-SIMPLE-CERT/certificates", as: nil).status == 410)
  }
}
