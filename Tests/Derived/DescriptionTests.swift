import API
import Core
import JSON
import SmallCloud
import Testing

/// What holds for the description of every API, found from the tables and the document alone.
@Suite("Derived: descriptions") struct DerivedDescriptionTests {
  private struct Described {
    let endpoint: Endpoint
    let document: JSON
    let paths: JSONObject

    init(_ service: String) async throws {
      let cloud = try await SmallCloud()
      endpoint = try #require(cloud.endpoints[service])
      document = try await cloud.must(service, "GET", "/openapi.json", as: nil)
      paths = try #require(document["paths"]?.object)
    }

    /// The operation of a row; parameters may have another name there, where two rows share a path.
    func operation(_ row: BoundRoute) -> JSON? {
      func bare(_ path: String) -> String {
        path.split(separator: "/").map { $0.hasPrefix("{") ? "{}" : $0 }.joined(separator: "/")
      }
      let wanted = bare(row.mount + row.path)
      return paths.members.first { bare($0.key) == wanted }?.value[row.method.lowercased()]
    }
  }

  @Test(arguments: SmallCloud.services) func everyRouteIsInItsServicesDocument(service: String) async throws {
    let described = try await Described(service)
    #expect(described.endpoint.service.routes.count > 20)
    for row in described.endpoint.service.routes {
      let name = "\(row.method) \(row.mount)\(row.path) \(row.action ?? "")"
      guard let operation = described.operation(row) else {
        Issue.record("\(name) is not described")
        continue
      }
      let note = operation["x-openstack"]?.array?.first { note in
        note["rule"]?.string == row.rule && note["action"]?.string == row.action
          && note["since"]?.string == row.span.since.map { "\($0)" }
          && note["until"]?.string == row.span.until.map { "\($0)" }
      }
      #expect(note != nil, "\(name): its row is not named")
      #expect(operation["responses"]?[String(row.status)] != nil, "\(name): no answer \(row.status)")
      #expect((operation["requestBody"] != nil) || row.reads == .none, "\(name): no body")
    }
  }

  @Test(arguments: SmallCloud.services) func everyReferenceLeadsSomewhereAndEveryOperationHasItsName(service: String)
    async throws
  {
    let described = try await Described(service)
    let document = described.document
    func check(_ value: JSON) {
      switch value {
      case .array(let items): items.forEach(check)
      case .object(let object):
        if case .string(let pointer)? = object["$ref"] {
          let steps = pointer.split(separator: "/").dropFirst().map(String.init)
          #expect(steps.reduce(document as JSON?) { $0?[$1] } != nil, "\(pointer) leads nowhere")
        }
        object.members.forEach { check($0.value) }
      default: break
      }
    }
    check(document)
    let operations = described.paths.members.flatMap { item in
      (item.value.object?.members ?? []).filter { $0.key != "parameters" }.map(\.value)
    }
    let names = operations.compactMap { $0["operationId"]?.string }
    #expect(names.count == operations.count)
    #expect(Set(names).count == names.count)
  }
}
