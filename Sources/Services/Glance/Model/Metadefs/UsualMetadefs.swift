internal import Core
internal import JSON

/// The definitions that every cloud has: the properties that nova, cinder and glance read, with their types and values.
///
/// They are kept as lines, which are a third of the same in JSON:
///
///     =NAMESPACE|display name|description|RESOURCE-TYPE PREFIX TARGET;…
///     @OBJECT
///     PROPERTY|TYPE|KEYWORD=VALUE|…
///
/// A property stands in the object above it, or in the namespace where there is none. `-` is no prefix. The values of
/// `enum`, `items` and `operators` have semicolons between them; all other values are JSON.
enum UsualMetadefs {
  static func documents() throws -> [JSONObject] { try read(ofHosts) + read(ofGuests) }

  static func read(_ text: String) throws -> [JSONObject] {
    var documents: [Draft] = []
    for line in text.split(separator: "\n") {
      switch line.first {
      case "=": documents.append(Draft(line.dropFirst()))
      case "@":
        documents[documents.count - 1].objects.append((name: String(line.dropFirst()), properties: []))
      default: try documents[documents.count - 1].add(property(line))
      }
    }
    return documents.map(\.json)
  }

  private struct Draft {
    var head: JSONObject
    var properties: [(key: String, value: JSON)] = []
    var objects: [(name: String, properties: [(key: String, value: JSON)])] = []

    init(_ line: Substring) {
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
      let associations = (cells.last ?? "").split(separator: ";").map { item -> JSON in
        let words = item.split(separator: " ").map(String.init)
        var association: JSONObject = ["name": .string(words[0])]
        if words.count > 1, words[1] != "-" { association.append("prefix", .string(words[1])) }
        if words.count > 2 { association.append("properties_target", .string(words[2])) }
        return .object(association)
      }
      head = [
        "namespace": .string(cells[0]), "display_name": .string(cells[1]), "description": .string(cells[2]),
        "visibility": "public", "protected": true, "resource_type_associations": .array(associations),
      ]
    }
    mutating func add(_ property: (key: String, value: JSON)) {
      if objects.isEmpty {
        properties.append(property)
      } else {
        objects[objects.count - 1].properties.append(property)
      }
    }
    var json: JSONObject {
      var document = head
      document.append("properties", .object(JSONObject(properties)))
      document.append(
        "objects",
        .array(objects.map { ["name": .string($0.name), "properties": .object(JSONObject($0.properties))] }))
      return document
    }
  }

  private static func property(_ line: Substring) throws -> (key: String, value: JSON) {
    let cells = line.split(separator: "|").map(String.init)
    var schema: JSONObject = ["title": .string(title(cells[0])), "type": .string(cells[1])]
    for cell in cells.dropFirst(2) {
      let parts = cell.split(separator: "=", maxSplits: 1).map(String.init)
      let list = JSON.array(parts[1].split(separator: ";").map { .string(String($0)) })
      switch parts[0] {
      case "enum", "operators": schema.append(parts[0], list)
      case "items": schema.append("items", ["type": "string", "enum": list])
      default: schema.append(parts[0], try JSON(parsing: parts[1]))
      }
    }
    return (cells[0], .object(schema))
  }

  /// `hw_disk_bus` as people would say it: "Hw disk bus".
  private static func title(_ name: String) -> String {
    let words = name.split { $0 == "_" || $0 == ":" || $0 == "-" }.joined(separator: " ")
    return words.prefix(1).uppercased() + words.dropFirst()
  }
}
