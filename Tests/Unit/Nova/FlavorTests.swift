import JSON
import Testing

@Suite("Nova: flavors") struct FlavorTests {
  @Test func fiveFlavorsAreThereFromTheStart() async throws {
    let cloud = try await Cloud()
    let list = try await cloud.ask("GET", "/flavors/detail")
    #expect(list.status == 200)
    let flavors = list.json["flavors"]?.array ?? []
    #expect(flavors.compactMap { $0["name"]?.string } == ["m1.tiny", "m1.small", "m1.medium", "m1.large", "m1.xlarge"])
    #expect(flavors.compactMap { $0["ram"]?.int } == [512, 2048, 4096, 8192, 16384])
    #expect(flavors[0]["swap"] == "")
    #expect(flavors[0]["description"] == nil)
    let newer = try await cloud.ask("GET", "/flavors/1", version: "2.96")
    #expect(newer.json["flavor"]?["swap"] == 0)
    #expect(newer.json["flavor"]?["extra_specs"] == [:])
    #expect(newer.json["flavor"]?["links"]?[0]?["href"] == "http://nova:8774/v2.1/flavors/1")
    #expect(newer.json["flavor"]?["links"]?[1]?["href"] == "http://nova:8774/flavors/1")
    let unknown = try await cloud.ask("GET", "/flavors/m1.tiny")
    #expect(unknown.status == 404)
    #expect(unknown.json["itemNotFound"]?["message"] == "Flavor m1.tiny could not be found.")
  }

  @Test func aPageHasALinkToTheNext() async throws {
    let cloud = try await Cloud()
    let page = try await cloud.ask("GET", "/flavors?limit=2")
    #expect(page.json["flavors"]?.array?.count == 2)
    #expect(page.json["flavors_links"]?[0]?["href"]?.string == "http://nova:8774/v2.1/flavors?limit=2&marker=2")
    let next = try await cloud.ask("GET", "/flavors?limit=2&marker=2")
    #expect(next.json["flavors"]?[0]?["id"] == "3")
    #expect(try await cloud.ask("GET", "/flavors?minRam=8192").json["flavors"]?.array?.count == 2)
  }

  @Test func onlyAdministratorsMakeFlavors() async throws {
    let cloud = try await Cloud()
    let body: JSON = [
      "flavor": ["name": "big", "ram": 1, "vcpus": 1, "disk": "3", "os-flavor-access:is_public": false]
    ]
    #expect(try await cloud.ask("POST", "/flavors", body).status == 403)
    let made = try await cloud.ask("POST", "/flavors", body, as: "admin@root")
    #expect(made.status == 200)
    let id = made.json["flavor"]?["id"]?.string ?? ""
    #expect(made.json["flavor"]?["disk"] == 3)
    let again = try await cloud.ask("POST", "/flavors", body, as: "admin@root")
    #expect(again.status == 409)
    #expect(again.message == "Flavor with name big already exists.")

    #expect(try await cloud.ask("GET", "/flavors/\(id)").status == 404)
    let grant: JSON = ["addTenantAccess": ["tenant": "demo"]]
    #expect(try await cloud.ask("POST", "/flavors/\(id)/action", grant, as: "admin@root").status == 200)
    #expect(try await cloud.ask("GET", "/flavors/\(id)").status == 200)
    let list = try await cloud.ask("GET", "/flavors/\(id)/os-flavor-access", as: "admin@root")
    #expect(list.json["flavor_access"]?.array?.count == 2)
    #expect(try await cloud.ask("GET", "/flavors/1/os-flavor-access", as: "admin@root").status == 404)
    #expect(try await cloud.ask("DELETE", "/flavors/\(id)", as: "admin@root").status == 202)
    #expect(try await cloud.ask("GET", "/flavors/\(id)", as: "admin@root").status == 404)
  }

  @Test func numbersAreChecked() async throws {
    let cloud = try await Cloud()
    for (key, value) in [("ram", 0), ("vcpus", "x"), ("disk", -1)] as [(String, JSON)] {
      var flavor: JSONObject = ["name": "odd", "ram": 1, "vcpus": 1, "disk": 1]
      flavor[key] = value
      let answer = try await cloud.ask("POST", "/flavors", ["flavor": .object(flavor)], as: "admin@root")
      #expect(answer.status == 400)
      #expect(answer.message.contains(key))
    }
  }

  @Test func extraSpecsComeAndGo() async throws {
    let cloud = try await Cloud()
    let path = "/flavors/1/os-extra_specs"
    let made = try await cloud.ask(
      "POST", path, ["extra_specs": ["hw:cpu_policy": "shared", "n": 1]], as: "admin@root")
    #expect(made.status == 200)
    #expect(try await cloud.ask("GET", path).json == ["extra_specs": ["hw:cpu_policy": "shared", "n": "1"]])
    #expect(try await cloud.ask("PUT", path + "/n", ["n": "2"], as: "admin@root").json == ["n": "2"])
    #expect(try await cloud.ask("PUT", path + "/n", ["m": "2"], as: "admin@root").status == 400)
    #expect(try await cloud.ask("DELETE", path + "/n", as: "admin@root").status == 200)
    #expect(try await cloud.ask("GET", path + "/n").status == 404)
    #expect(try await cloud.ask("POST", path, ["extra_specs": [:]]).status == 403)
  }

  @Test func descriptionsExistSinceTheirVersion() async throws {
    let cloud = try await Cloud()
    let change: JSON = ["flavor": ["description": "small"]]
    #expect(try await cloud.ask("PUT", "/flavors/1", change, as: "admin@root", version: "2.54").status == 404)
    let answer = try await cloud.ask("PUT", "/flavors/1", change, as: "admin@root", version: "2.55")
    #expect(answer.json["flavor"]?["description"] == "small")
  }
}
