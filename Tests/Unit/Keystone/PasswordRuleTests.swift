import API
import Core
import HTTP
import JSON
import KeystoneAPI
import KeystoneModel
import Store
import Testing

@Suite("Rules for passwords and accounts") struct PasswordRuleTests {
  private func cloud(_ change: (inout KeystoneOptions) -> Void) async throws -> TestCloud {
    var options = TestCloud.quick
    change(&options)
    return try await TestCloud(options: options)
  }
  private func ann(_ password: String) -> JSON { TestCloud.user("ann", password) }
  private func change(_ cloud: TestCloud, _ id: String, _ old: String, _ new: String) async throws -> Answer {
    let answer = try await cloud.send(
      "POST", "/v3/users/\(id)/password", as: nil,
      ["user": ["original_password": .string(old), "password": .string(new)]])
    // Whatever is issued in the very instant of a change is void with what was before.
    cloud.clock.advance(.milliseconds(1))
    return answer
  }

  @Test("Wrong passwords close an account for a while, for those too who then know the right one")
  func lockout() async throws {
    let cloud = try await cloud {
      $0.compliance.lockoutAttempts = 2
      $0.compliance.lockoutDuration = .minutes(10)
    }
    let id = try await cloud.make("/v3/users", "user", ["name": "ann", "password": "right"])
    for _ in 0..<2 { #expect(try await cloud.authenticate(ann("wrong")).status == 401) }
    let locked = try await cloud.authenticate(ann("right"))
    #expect(locked.status == 401)
    #expect(locked.message == "The account is locked for user: \(id).")
    #expect(try await change(cloud, id, "right", "new").status == 401)
    cloud.clock.advance(.minutes(11))
    #expect(try await cloud.authenticate(ann("right")).status == 201)
    #expect(try await cloud.authenticate(ann("wrong")).status == 401)
    #expect(try await cloud.authenticate(ann("right")).status == 201)
    // A success in between begins the count anew; an administrator opens a closed account.
    for _ in 0..<2 { #expect(try await cloud.authenticate(ann("wrong")).status == 401) }
    #expect(try await cloud.ask("PATCH", "/v3/users/\(id)", ["user": ["enabled": true]]).status == 200)
    #expect(try await cloud.authenticate(ann("right")).status == 201)
    let exempt: JSON = ["user": ["options": ["ignore_lockout_failure_attempts": true]]]
    #expect(try await cloud.ask("PATCH", "/v3/users/\(id)", exempt).status == 200)
    for _ in 0..<3 { #expect(try await cloud.authenticate(ann("wrong")).status == 401) }
    #expect(try await cloud.authenticate(ann("right")).status == 201)
  }

  @Test("The last passwords are not taken again, nor a fresh one changed at once")
  func history() async throws {
    let cloud = try await cloud {
      $0.compliance.uniqueLast = 2
      $0.compliance.minimumAgeDays = 1
    }
    let id = try await cloud.make("/v3/users", "user", ["name": "ann", "password": "one"])
    #expect(try await change(cloud, id, "one", "two").status == 400)
    cloud.clock.advance(.hours(25))
    #expect(try await change(cloud, id, "one", "one").status == 400)
    #expect(try await change(cloud, id, "one", "two").status == 204)
    cloud.clock.advance(.hours(25))
    #expect(try await change(cloud, id, "two", "one").status == 400)
    #expect(try await change(cloud, id, "two", "three").status == 204)
    cloud.clock.advance(.hours(25))
    #expect(try await change(cloud, id, "three", "one").status == 204)
    // An administrator is bound by neither.
    let admin = try await cloud.login("admin", TestCloud.adminPassword, project: "admin")
    let path = "/v3/users/\(id)"
    #expect(try await cloud.send("PATCH", path, as: admin, ["user": ["password": "one"]]).status == 200)
  }

  @Test("A password ends, unless its user is exempt, and can be changed then")
  func expiry() async throws {
    let cloud = try await cloud { $0.compliance.expiryDays = 30 }
    let made = try await cloud.ask("POST", "/v3/users", ["user": ["name": "ann", "password": "one"]])
    let id = made.json["user"]?["id"]?.string ?? ""
    #expect(made.json["user"]?["password_expires_at"]?.string != nil)
    let exempt: JSON = [
      "user": ["name": "bob", "password": "b", "options": ["ignore_password_expiry": true]]
    ]
    #expect(try await cloud.ask("POST", "/v3/users", exempt).json["user"]?["password_expires_at"]?.isNull == true)
    for (filter, count) in [("lt:2100-01-01T00:00:00Z", 1), ("gt:2100-01-01T00:00:00Z", 0)] {
      let list = try await cloud.ask("GET", "/v3/users?password_expires_at=\(filter)")
      #expect(list.json["users"]?.array?.count == count, "\(filter)")
    }
    #expect(try await cloud.ask("GET", "/v3/users?password_expires_at=soon").status == 400)
    cloud.clock.advance(.hours(24 * 31))
    let late = try await cloud.authenticate(ann("one"))
    #expect(late.status == 401)
    #expect(late.message == "The password is expired and needs to be changed for user: \(id).")
    #expect(try await cloud.authenticate(TestCloud.user("bob", "b")).status == 201)
    #expect(try await change(cloud, id, "one", "two").status == 204)
    #expect(try await cloud.authenticate(ann("two")).status == 201)
  }

  @Test("A password that an administrator set is good for being changed")
  func firstUse() async throws {
    let cloud = try await cloud { $0.compliance.changeUponFirstUse = true }
    let id = try await cloud.make("/v3/users", "user", ["name": "ann", "password": "one"])
    #expect(try await cloud.authenticate(ann("one")).status == 401)
    #expect(try await change(cloud, id, "one", "two").status == 204)
    #expect(try await cloud.authenticate(ann("two")).status == 201)
  }

  @Test("Every new password matches the rule")
  func regex() async throws {
    let cloud = try await cloud {
      $0.compliance.passwordRegex = #"^(?=.*\d)(?=.*[a-zA-Z]).{7,}$"#
      $0.compliance.passwordRegexDescription = "a letter, a digit, seven characters"
    }
    for password in ["short1", "onlyletters", "12345678"] {
      let answer = try await cloud.ask("POST", "/v3/users", ["user": ["name": "ann", "password": .string(password)]])
      #expect(answer.status == 400)
      #expect(answer.message.contains("a letter, a digit, seven characters"))
    }
    let id = try await cloud.make("/v3/users", "user", ["name": "ann", "password": "letters1"])
    #expect(try await change(cloud, id, "letters1", "bad").status == 400)
    #expect(try await change(cloud, id, "letters1", "letters2").status == 204)
  }

  @Test("Who is not seen for long is closed out")
  func inactivity() async throws {
    let cloud = try await cloud { $0.compliance.inactiveDays = 10 }
    let id = try await cloud.make("/v3/users", "user", ["name": "ann", "password": "one"])
    #expect(try await cloud.authenticate(ann("one")).status == 201)
    cloud.clock.advance(.hours(24 * 9))
    #expect(try await cloud.authenticate(ann("one")).status == 201)
    cloud.clock.advance(.hours(24 * 11))
    #expect(try await cloud.authenticate(ann("one")).status == 401)
    let reopened = try await cloud.keystone.store.write { transaction in
      try await transaction.deleteAll(LoginState.self, "WHERE user_id = \(id)")
    }
    #expect(reopened == 1)
    #expect(try await cloud.authenticate(ann("one")).status == 201)
  }

  @Test("A locked password is the administrator's to change; options are what they are")
  func options() async throws {
    let cloud = try await TestCloud()
    let id = try await cloud.make(
      "/v3/users", "user", ["name": "ann", "password": "one", "options": ["lock_password": true]])
    #expect(try await change(cloud, id, "one", "two").status == 403)
    #expect(
      try await cloud.ask("PATCH", "/v3/users/\(id)", ["user": ["options": ["lock_password": nil]]]).status == 200)
    #expect(try await change(cloud, id, "one", "two").status == 204)
    for bad: JSON in [
      ["colour": "red"], ["lock_password": "yes"], ["multi_factor_auth_rules": ["password"]],
      ["multi_factor_auth_rules": [[]]], ["multi_factor_auth_rules": [["password", "password"]]],
    ] {
      let answer = try await cloud.ask("PATCH", "/v3/users/\(id)", ["user": ["options": bad]])
      #expect(answer.status == 400, "\(bad.text)")
    }
  }

  @Test("Logins that fail too often from one place are not looked at for a while")
  func throttle() async throws {
    let cloud = try await cloud {
      $0.throttle.attempts = 3
      $0.throttle.window = .minutes(1)
    }
    for name in ["demo", "nobody"] {
      for _ in 0..<3 {
        #expect(try await cloud.authenticate(TestCloud.user(name, "wrong")).message.contains("requires"))
      }
      let answer = try await cloud.authenticate(TestCloud.user(name, TestCloud.demoPassword))
      #expect(answer.status == 401)
      #expect(answer.message.hasPrefix("Too many logins failed."))
    }
    #expect(try await cloud.authenticate(TestCloud.user("admin", TestCloud.adminPassword)).status == 201)
    cloud.clock.advance(.seconds(61))
    #expect(try await cloud.authenticate(TestCloud.user("demo", TestCloud.demoPassword)).status == 201)
  }
}
