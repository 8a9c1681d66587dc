import SmallCloud
import Store
import Testing

@Suite("Golden: schemas") struct GoldenSchemaTests {
  /// A store that is out there has these tables: what changes here needs a new version of the schema.
  @Test(arguments: smallCloudSchemas.map(\.service)) func tables(service: String) throws {
    let schema = try #require(smallCloudSchemas.first { $0.service == service })
    let texts = [Dialect.sqlite, .postgres].map { dialect in
      "-- \(service), version \(schema.version), \(dialect.rawValue)\n" + schema.ddl(dialect)
    }
    try Golden.expect(texts.joined(separator: "\n\n"), is: "schemas/\(service).sql")
  }
}
