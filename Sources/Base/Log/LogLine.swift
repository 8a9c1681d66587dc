internal import Core
internal import JSON

/// One line and its two forms.
struct LogLine {
  var time: Timestamp
  var level: Log.Level
  var component: String
  var message: String
  var trace: Trace?
  var fields: [(key: String, value: JSON)]

  /// `{"time":…,"level":…,"component":…,"message":…,"request":…,…}`; a field never hides one of these.
  var json: [UInt8] {
    var object = JSONObject([
      ("time", .string(time.isoMicrosecondsZ)), ("level", .string(level.name)), ("component", .string(component)),
      ("message", .string(message)),
    ])
    for (key, value) in traced { object.append(key, .string(value)) }
    for (key, value) in fields { object.append(object[key] == nil ? key : "field_" + key, value) }
    return JSON.object(object).bytes + [10]
  }

  /// `2026-11-21T05:31:00.000000Z INFO nova.api: Server built server=… request=…`; never more than one line.
  var text: [UInt8] {
    var line = "\(time.isoMicrosecondsZ) \(level.name.uppercased()) \(component): \(Self.oneLine(message))"
    for (key, value) in fields { line += " \(key)=\(Self.plain(value))" }
    for (key, value) in traced { line += " \(key)=\(Self.plain(.string(value)))" }
    return Array(line.utf8) + [10]
  }

  private var traced: [(String, String)] {
    guard let trace else { return [] }
    return [
      ("request", trace.requestID), ("global_request", trace.globalID), ("user", trace.user),
      ("project", trace.project),
    ].compactMap { name, value in value.map { (name, $0) } }
  }

  /// Control characters escaped, so that what a user sends can neither forge a line nor move a terminal's cursor.
  private static func oneLine(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var clean = ""
    for scalar in text.unicodeScalars {
      if isControl(scalar) {
        clean += scalar == "\n" ? "\\n" : "\\u{" + String(scalar.value, radix: 16) + "}"
      } else {
        clean.unicodeScalars.append(scalar)
      }
    }
    return clean
  }
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 32 || (127..<160).contains(scalar.value)
  }

  private static func plain(_ value: JSON) -> String {
    guard case .string(let s) = value, !s.isEmpty,
      !s.utf8.contains(where: { $0 <= 32 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "=") })
    else { return oneLine(value.text) }
    return oneLine(s)
  }
}
