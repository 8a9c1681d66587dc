/// What Martlet reads out of libvirt's own description of a domain.
///
/// libvirt writes its XML regularly (attributes in single quotes, `<`, `&` and quotes in values escaped), so that
/// an element can be found by its opening tag; this is no parser for anybody else's XML.
struct DomainDescription: Sendable {
  let xml: String
  init(_ xml: String) { self.xml = xml }

  struct Disk: Sendable, Equatable {
    var xml: String
    var serial: String?
    var target: String
    var path: String?
    var format: String
    var hasReadyMirror: Bool
  }

  var disks: [Disk] {
    elements("disk").map { element in
      Disk(
        xml: element, serial: Self.text("serial", in: element),
        target: Self.attribute("dev", of: "target", in: element) ?? "",
        path: Self.attribute("file", of: "source", in: element) ?? Self.attribute("dev", of: "source", in: element),
        format: Self.attribute("type", of: "driver", in: element) ?? "raw",
        hasReadyMirror: Self.attribute("ready", of: "mirror", in: element) == "yes")
    }
  }

  func disk(_ serial: String) -> Disk? { disks.first { $0.serial == serial } }

  /// The whole element of the interface with that address.
  func interface(_ mac: String) -> String? {
    elements("interface").first { Self.attribute("address", of: "mac", in: $0)?.lowercased() == mac.lowercased() }
  }

  /// The port of the VNC server; nil while the guest does not run.
  var vncPort: Int? {
    guard let element = tags("graphics").first, let port = Self.attribute("port", of: "graphics", in: element),
      let number = Int(port), number > 0
    else { return nil }
    return number
  }

  /// The elements of that name, which are not nested in one another.
  private func elements(_ name: String) -> [String] {
    var found: [String] = []
    var rest = xml[...]
    while let open = rest.range(ofText: "<\(name) ") {
      guard let close = rest[open.upperBound...].range(ofText: "</\(name)>") else { break }
      found.append(String(rest[open.lowerBound..<close.upperBound]))
      rest = rest[close.upperBound...]
    }
    return found
  }

  private func tags(_ name: String) -> [String] {
    guard let open = xml[...].range(ofText: "<\(name) "), let end = xml[open.upperBound...].firstIndex(of: ">") else {
      return []
    }
    return [String(xml[open.lowerBound...end])]
  }

  private static func text(_ name: String, in element: String) -> String? {
    guard let open = element[...].range(ofText: "<\(name)>"),
      let close = element[open.upperBound...].range(ofText: "</\(name)>")
    else { return nil }
    return unescaped(element[open.upperBound..<close.lowerBound])
  }

  private static func attribute(_ name: String, of tag: String, in element: String) -> String? {
    guard let open = element[...].range(ofText: "<\(tag) "),
      let end = element[open.upperBound...].firstIndex(of: ">")
    else { return nil }
    let inside = element[element.index(before: open.upperBound)...end]
    guard let key = inside.range(ofText: " \(name)='"), let quote = inside[key.upperBound...].firstIndex(of: "'") else {
      return nil
    }
    return unescaped(inside[key.upperBound..<quote])
  }

  private static func unescaped(_ text: Substring) -> String {
    var result = ""
    var rest = text
    while let and = rest.firstIndex(of: "&"), let end = rest[and...].firstIndex(of: ";") {
      result += rest[..<and]
      switch rest[rest.index(after: and)..<end] {
      case "lt": result += "<"
      case "gt": result += ">"
      case "amp": result += "&"
      case "quot": result += "\""
      case "apos", "#39": result += "'"
      default: result += rest[and...end]
      }
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }
}

extension Substring {
  /// Where `text` first occurs.
  fileprivate func range(ofText text: String) -> Range<Index>? {
    let needle = Array(text.utf8)
    var start = startIndex
    while let hit = self[start...].utf8.firstIndex(of: needle[0]) {
      if self[hit...].utf8.starts(with: needle) { return hit..<utf8.index(hit, offsetBy: needle.count) }
      start = utf8.index(after: hit)
    }
    return nil
  }
}
