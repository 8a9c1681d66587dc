import API
import Core
import Host
import Testing

/// A row of a view or of a shape that does not exist in every microversion, as it stands in the sources: views are
/// named by no route, so that only there all of them are found.
struct SpannedRow: Sendable, CustomStringConvertible {
  enum Kind: String { case field, key }
  let kind: Kind
  let name: String
  var span: Span
  /// Whether another row takes over where this one ends: then its form changes there, and not its presence.
  var changesForm = false
  let file: String
  /// Whether its shape overlooks what it does not know, so that no answer tells.
  var isOverlooked = false

  var description: String {
    "\(file): \(kind.rawValue) \(name), since \(span.since?.description ?? "ever"), until "
      + "\(span.until?.description ?? "now")"
  }

  /// The rows of a service's API.
  static func all(of service: String) async throws -> [SpannedRow] {
    let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }
    let folder = root + "/Sources/Services/\(service.prefix(1).uppercased() + service.dropFirst())/API"
    var all: [SpannedRow] = []
    for file in try await Host.real.list(folder).sorted() where file.hasSuffix(".swift") {
      let text = String(decoding: try await Host.real.readFile(folder + "/" + file), as: UTF8.self)
      all += joined(rows(in: text, file: file))
    }
    return all
  }

  private static func rows(in text: String, file: String) -> [SpannedRow] {
    // A key of a body is set by a key path; one of a query has none, and is a row's own (`QueryTests`).
    text.matches(of: /\.(?:(field|computed)\(\s*"([^"]+)"|(key)\(\s*"([^"]+)",\s*\\)/).compactMap { match in
      var depth = 1
      let arguments = text[match.range.upperBound...].prefix { c in
        if c == "(" { depth += 1 }
        if c == ")" { depth -= 1 }
        return depth > 0
      }
      func version(_ label: String) -> Microversion? {
        arguments.firstRange(of: "\(label): \"").flatMap { range in
          Microversion(arguments[range.upperBound...].prefix { $0 != "\"" })
        }
      }
      let span = Span(since: version("since"), until: version("until"))
      guard span != Span() else { return nil }
      return SpannedRow(
        kind: match.3 == nil ? .field : .key, name: String(match.2 ?? match.4 ?? ""), span: span, file: file,
        isOverlooked: text.contains("unknown: .ignored"))
    }
  }

  /// Rows of one key that follow one another become one.
  private static func joined(_ rows: [SpannedRow]) -> [SpannedRow] {
    var all: [SpannedRow] = []
    for row in rows {
      let before = all.firstIndex { other in
        guard other.kind == row.kind, other.name == row.name, let end = other.span.until else { return false }
        return row.span.since == Microversion(end.major, end.minor + 1)
      }
      guard let before else {
        all.append(row)
        continue
      }
      all[before].changesForm = true
    }
    return all
  }
}

extension Microversion {
  var before: Microversion? { minor > 0 ? Microversion(major, minor - 1) : nil }
  var after: Microversion { Microversion(major, minor + 1) }
}
