internal import API
internal import Core
internal import HTTP
internal import PlacementModel

/// The little languages of placement's query parameters.
enum QueryText {
  typealias Traits = (required: [Set<String>], forbidden: Set<String>)

  /// `VCPU:2,MEMORY_MB:1024`
  static func resources(_ text: String) throws -> [(name: String, amount: Int)] {
    let form =
      "Badly formed resources parameter. Expected resources query string parameter in form: "
      + "?resources=VCPU:2,MEMORY_MB:1024. Got: "
    guard text.contains(where: { !$0.isWhitespace }) else { throw Fault.badRequest(form + "empty string.") }
    return try text.split(separator: ",", omittingEmptySubsequences: false).map { item in
      let parts = item.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2 else { throw Fault.badRequest(form + "\(item).") }
      guard let amount = Int(parts[1]) else {
        throw Fault.badRequest(
          "Requested resource \(parts[0]) expected positive integer amount. Got: \(parts[1]).")
      }
      guard amount >= 1, amount <= Inventory.largest else {
        throw Fault.badRequest("Requested resource \(parts[0]) requires amount >= 1. Got: \(amount).")
      }
      return (name: String(parts[0]), amount: amount)
    }
  }

  /// `HW_CPU_X86_VMX,!CUSTOM_MAGIC`, and since 1.39 `in:A,B`, which may be repeated.
  static func traits(_ incoming: Incoming, _ key: String) throws -> Traits {
    var values = incoming.queries(key)
    if incoming.version < "1.39" { values = values.suffix(1) }
    var found: Traits = ([], [])
    for value in values {
      let more = try traits(value, version: incoming.version)
      found.required += more.required
      found.forbidden.formUnion(more.forbidden)
    }
    return found
  }

  static func traits(_ value: String, version: Microversion) throws -> Traits {
    let any = value.hasPrefix("in:")
    let names = (any ? value.dropFirst(3) : value[...]).split(separator: ",", omittingEmptySubsequences: false)
      .map { trim($0) }
    let bare = names.map { String($0.drop { $0 == "!" }) }
    func refuse(_ why: String) -> Fault { .badRequest("Invalid query string parameters: \(why) Got: \(value)") }
    let form = version >= "1.22" ? "HW_CPU_X86_VMX,!CUSTOM_MAGIC" : "HW_CPU_X86_VMX,CUSTOM_MAGIC"
    guard !bare.contains("") else {
      throw refuse(
        "Expected 'required' parameter value of the form: \(form). A trait in it is empty.")
    }
    if any {
      guard version >= "1.39" else {
        throw refuse("The format 'in:HW_CPU_X86_VMX,CUSTOM_MAGIC' only supported since microversion 1.39.")
      }
      guard names == bare else {
        throw refuse("The format 'in:HW_CPU_X86_VMX,CUSTOM_MAGIC' does not support forbidden traits.")
      }
      return ([Set(names)], [])
    }
    let forbidden = Set(zip(names, bare).filter { $0 != $1 }.map(\.1))
    guard forbidden.isEmpty || version >= "1.22" else {
      throw refuse("Expected 'required' parameter value of the form: HW_CPU_X86_VMX,CUSTOM_MAGIC.")
    }
    return (zip(names, bare).filter { $0 == $1 }.map { [$0.0] }, forbidden)
  }

  static func refuseContradiction(_ traits: Traits, _ key: String) throws {
    if let bad = traits.required.first(where: { $0.isSubset(of: traits.forbidden) }) {
      throw Fault.badRequest(
        "Conflicting required and forbidden traits found in the following traits keys: \(key): "
          + "(\(bad.sorted().joined(separator: ", ")))")
    }
  }

  /// `UUID`, `in:UUID,UUID`, and since 1.32 both with `!` before them; since 1.24 it may be repeated.
  static func memberOf(
    _ incoming: Incoming, suffix: String
  ) throws -> (required: [Set<String>], forbidden: Set<String>) {
    let values = incoming.queries("member_of" + suffix)
    guard values.count < 2 || incoming.version >= "1.24" else {
      throw Fault.badRequest("Multiple member_of\(suffix) parameters are not supported")
    }
    var found: (required: [Set<String>], forbidden: Set<String>) = ([], [])
    for value in values {
      let isForbidden = value.hasPrefix("!")
      var rest = isForbidden ? value.dropFirst() : value[...]
      let isList = rest.hasPrefix("in:")
      if isList { rest = rest.dropFirst(3) }
      guard isList || !rest.contains(",") else {
        throw Fault.badRequest(
          "Multiple values for 'member_of' must be prefixed with the 'in:' or '!in:' keyword using the valid "
            + "microversion. Got: \(value)")
      }
      guard !isForbidden || incoming.version >= "1.32" else {
        throw Fault.badRequest(
          "Forbidden member_of\(suffix) parameters are not supported in the specified microversion")
      }
      let ids = try rest.split(separator: ",", omittingEmptySubsequences: false).map { text in
        guard let id = dashed(String(text)) else {
          throw Fault.badRequest(
            "Invalid query string parameters: Expected 'member_of' parameter to contain valid UUID(s). Got: \(text)")
        }
        return id
      }
      if isForbidden { found.forbidden.formUnion(ids) } else { found.required.append(Set(ids)) }
    }
    return found
  }

  private static func trim(_ text: Substring) -> String {
    String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }
}
