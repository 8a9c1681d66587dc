internal import HTTP

/// Finds the rows of a path: a tree of segments, literal before parameter, tried again where the literal leads nowhere.
struct Router: Sendable {
  final class Node: Sendable {
    let literals: [String: Node]
    let parameter: Node?
    /// All rows that end here, by method; more than one where versions or actions divide them.
    let rows: [String: [BoundRoute]]

    init(_ routes: [(segments: ArraySlice<String>, row: BoundRoute)]) {
      var here: [String: [BoundRoute]] = [:]
      var below: [String: [(segments: ArraySlice<String>, row: BoundRoute)]] = [:]
      var parameters: [(segments: ArraySlice<String>, row: BoundRoute)] = []
      for route in routes {
        guard let first = route.segments.first else {
          here[route.row.method, default: []].append(route.row)
          continue
        }
        let rest = (segments: route.segments.dropFirst(), row: route.row)
        if first.hasPrefix("{") { parameters.append(rest) } else { below[first, default: []].append(rest) }
      }
      rows = here
      literals = below.mapValues { Node($0) }
      parameter = parameters.isEmpty ? nil : Node(parameters)
    }

    func find(_ segments: ArraySlice<String>) -> Node? {
      guard let first = segments.first else { return rows.isEmpty ? nil : self }
      if let next = literals[first], let found = next.find(segments.dropFirst()) { return found }
      return first.isEmpty ? nil : parameter?.find(segments.dropFirst())
    }
  }

  private let root: Node

  init(_ routes: [BoundRoute]) {
    root = Node(routes.map { (segments: $0.segments[...], row: $0) })
  }

  /// The decoded segments of a path; a slash at the end makes no difference, as in upstream's services.
  static func segments(_ path: String) -> [String] {
    var list = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst()
      .map { percentDecode(String(Substring($0))) }
    while list.last == "" { list.removeLast() }
    return list
  }

  /// The rows of a path by method; nil when no row has it.
  func rows(of segments: [String]) -> [String: [BoundRoute]]? { root.find(segments[...])?.rows }

  /// The rows for a method; a HEAD that has none is answered as a GET.
  static func rows(_ rows: [String: [BoundRoute]], _ method: String) -> [BoundRoute]? {
    rows[method] ?? (method == "HEAD" ? rows["GET"] : nil)
  }

  /// The parameters of a row in a path that matched it.
  static func parameters(of row: BoundRoute, in segments: [String]) -> [String: String] {
    var found: [String: String] = [:]
    for (pattern, value) in zip(row.segments, segments) where pattern.hasPrefix("{") && pattern.hasSuffix("}") {
      found[String(pattern.dropFirst().dropLast())] = value
    }
    return found
  }
}
