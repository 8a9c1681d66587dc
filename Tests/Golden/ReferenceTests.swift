import API
import Config
import SmallCloud
import Testing
import Wiring

/// docs/reference is written from the tables and by nobody else.
@Suite("Golden: reference") struct GoldenReferenceTests {
  @Test(arguments: SmallCloud.services) func service(name: String) async throws {
    let endpoint = try #require(try await SmallCloud(starts: false).endpoints[name])
    try Golden.expect(
      ReferencePage(endpoint.service).markdown, is: "reference/\(name).md", under: Golden.documents)
  }

  @Test func options() throws {
    // Each image store has a section of its own, which bears the name that the operator gives it.
    let all = Configuration(Settings.configuration.options + ImageStoreSettings.options("STORE"))
    try Golden.expect(all.page(), is: "reference/options.md", under: Golden.documents)
  }
}
