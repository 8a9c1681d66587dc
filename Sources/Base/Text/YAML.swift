internal import CYAML
internal import Core
public import JSON

/// YAML, read by libyaml into the same tree as JSON.
///
/// Plain scalars mean what they mean to PyYAML, which upstream's files are written for: `yes` and `on` are true.
/// Dates stay text. Anchors, tags (but `!!str`), repeated keys and several documents are refused.
public enum YAML {
  public struct Limits: Sendable {
    public var bytes: Int
    public var depth: Int
    public init(bytes: Int = 1 << 20, depth: Int = 64) {
      self.bytes = bytes
      self.depth = depth
    }
  }

  /// - Parameter source: what errors call the text, usually the file's name.
  /// - Returns: the document; null for an empty one.
  /// - Throws: a `badRequest` fault that begins with `source:line:`.
  public static func parse(_ text: String, source: String, limits: Limits = Limits()) throws -> JSON {
    let bytes = Array(text.utf8)
    guard bytes.count <= limits.bytes else {
      throw Fault.badRequest("\(source): the file has \(bytes.count) bytes, and \(limits.bytes) are the limit.")
    }
    return try bytes.withUnsafeBufferPointer { buffer in
      var parser = yaml_parser_t()
      guard yaml_parser_initialize(&parser) == 1 else { throw Fault.internalError("libyaml could not be started.") }
      defer { yaml_parser_delete(&parser) }
      yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
      yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
      return try withUnsafeMutablePointer(to: &parser) { pointer in
        try Reader(parser: pointer, source: source, depthLimit: limits.depth).document()
      }
    }
  }
}

/// One event of libyaml, copied out of its memory.
private enum Event {
  case scalar(String, plain: Bool, tag: String?)
  case sequence, sequenceEnd, mapping, mappingEnd, streamEnd, documentStart, other
}

private struct Reader {
  let parser: UnsafeMutablePointer<yaml_parser_t>
  let source: String
  let depthLimit: Int

  func fault(_ line: Int, _ what: String) -> Fault { .badRequest("\(source):\(line): \(what)") }

  func document() throws -> JSON {
    var value = JSON.null
    var documents = 0
    while true {
      let (event, line) = try next()
      switch event {
      case .streamEnd: return value
      case .documentStart:
        documents += 1
        guard documents == 1 else { throw fault(line, "a second document begins; one is allowed.") }
      case .other: continue
      default: value = try node(event, line, depth: 0)
      }
    }
  }

  func node(_ event: Event, _ line: Int, depth: Int) throws -> JSON {
    guard depth < depthLimit else { throw fault(line, "nested more than \(depthLimit) deep.") }
    switch event {
    case .scalar(let text, let plain, let tag):
      if let tag, tag != "tag:yaml.org,2002:str" { throw tagFault(tag, line) }
      return plain && tag == nil ? scalar(text) : .string(text)
    case .sequence:
      var items: [JSON] = []
      while true {
        let (event, line) = try next()
        if case .sequenceEnd = event { return .array(items) }
        items.append(try node(event, line, depth: depth + 1))
      }
    case .mapping: return try mapping(depth: depth)
    default: throw fault(line, "a value is expected.")
    }
  }

  func mapping(depth: Int) throws -> JSON {
    var object = JSONObject()
    var known: Set<String> = []
    while true {
      let (event, line) = try next()
      if case .mappingEnd = event { return .object(object) }
      guard case .scalar(let key, _, _) = event else { throw fault(line, "a key must be a plain word.") }
      guard known.insert(key).inserted else { throw fault(line, "the key \(key) stands here a second time.") }
      let (value, valueLine) = try next()
      object.append(key, try node(value, valueLine, depth: depth + 1))
    }
  }

  func next() throws -> (Event, Int) {
    var raw = yaml_event_t()
    guard yaml_parser_parse(parser, &raw) == 1 else {
      let problem = parser.pointee.problem.map { String(cString: $0) } ?? "not YAML"
      throw fault(Int(parser.pointee.problem_mark.line) + 1, "\(problem).")
    }
    defer { yaml_event_delete(&raw) }
    let line = Int(raw.start_mark.line) + 1
    switch raw.type {
    case YAML_SCALAR_EVENT:
      let s = raw.data.scalar
      let bytes = UnsafeBufferPointer(start: s.value, count: s.length)
      return (
        .scalar(
          String(decoding: bytes, as: UTF8.self), plain: s.style == YAML_PLAIN_SCALAR_STYLE, tag: text(s.tag)), line
      )
    case YAML_ALIAS_EVENT: throw fault(line, "aliases (*name) are not allowed; write the value out.")
    case YAML_SEQUENCE_START_EVENT:
      try refuse(tag: raw.data.sequence_start.tag, line)
      return (.sequence, line)
    case YAML_SEQUENCE_END_EVENT: return (.sequenceEnd, line)
    case YAML_MAPPING_START_EVENT:
      try refuse(tag: raw.data.mapping_start.tag, line)
      return (.mapping, line)
    case YAML_MAPPING_END_EVENT: return (.mappingEnd, line)
    case YAML_DOCUMENT_START_EVENT: return (.documentStart, line)
    case YAML_STREAM_END_EVENT: return (.streamEnd, line)
    default: return (.other, line)
    }
  }

  func refuse(tag: UnsafeMutablePointer<yaml_char_t>?, _ line: Int) throws {
    if let tag = text(tag) { throw tagFault(tag, line) }
  }
  func tagFault(_ tag: String, _ line: Int) -> Fault {
    fault(line, "the tag \(tag) is not understood; put the value in quotes.")
  }

  func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? { pointer.map { String(cString: $0) } }

  func scalar(_ text: String) -> JSON {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON": return .bool(true)
    case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF": return .bool(false)
    default: break
    }
    guard let first = text.utf8.first, (48...57).contains(first) || first == 43 || first == 45 || first == 46 else {
      return .string(text)
    }
    for (mark, radix) in [("0x", 16), ("0o", 8)] where text.hasPrefix(mark) {
      // A sign behind the mark would be read as a part of the number.
      guard text.utf8.dropFirst(2).allSatisfy({ $0 != 43 && $0 != 45 }) else { return .string(text) }
      if let n = Int(text.dropFirst(2), radix: radix) { return .int(n) }
    }
    let digits = first == 43 || first == 45 ? text.dropFirst() : text[...]
    if digits.utf8.allSatisfy({ (48...57).contains($0) }), let n = Int(text) {
      // A leading zero means octal in YAML 1.1, which file modes rely on.
      if digits.count > 1, digits.first == "0" { return Int(text, radix: 8).map(JSON.int) ?? .string(text) }
      return .int(n)
    }
    let number: Set<Character> = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", ".", "e", "E", "+", "-"]
    if digits.contains("."), digits.allSatisfy({ number.contains($0) }), let d = Double(text), d.isFinite {
      return .double(d)
    }
    return .string(text)
  }
}
