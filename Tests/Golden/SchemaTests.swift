import SmallCloud
import Store
import Testing

@Suite("Golden: schemas") struct GoldenSchemaTests {
  /// A store that is out there has these tables: what changes here needs a new version of the schema.
  @Test(arguments: smallCloudSchemas.map(\.service)) func tables(service: String) throws {
    let schema = try #require(smallCloudSchemas.first { $0.service == service })
    for (name, dialect) in [("sqlite", Dialect.sqlite), ("postgres", Dialect.postgres)] {
      let text = "-- \(service), version \(schema.version)\n" + schema.ddl(dialect)
      try Golden.expect(text, is: "schemas/\(service).\(name).sql")
    }
  }
}
