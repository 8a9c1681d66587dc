import Core
import JSON
import Testing

@Suite("JSON") struct JSONTests {
  private static let readable: [(String, JSON)] = [
    ("null", JSON.null), ("true", true), (" [1, 2.5 ,-3e2]\n", [1, 2.5, .double(-300)]), ("-0", 0),
    ("9223372036854775807", .int(.max)), ("9223372036854775808", .double(9_223_372_036_854_775_808)),
    (#""a\u00e9\ud83d\ude00\n\/""#, "aé😀\n/"), (#"{"a":{"b":[]},"c":{}}"#, ["a": ["b": []], "c": [:]]),
  ]
  @Test(arguments: readable) func reads(text: String, value: JSON) throws {
    #expect(try JSON(parsing: text) == value)
  }

  @Test(arguments: [
    "", " ", "nul", "truex", "[1,]", "[1 2]", "{\"a\"}", "{a:1}", "{\"a\":1,}", "01", "-", "1.", "1e", ".5", "+1",
    "1e999", "\"", "\"\u{1}\"", "\"\\x\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\u12\"", "1 2", "[", "NaN", "'a'",
  ]) func refuses(text: String) {
    let fault = #expect(throws: Fault.self) { try JSON(parsing: text) }
    #expect(fault?.kind == .badRequest)
  }

  @Test func namesTheByte() {
    let fault = #expect(throws: Fault.self) { try JSON(parsing: "[1, x]") }
    #expect(fault?.message.contains("byte 4") == true)
  }

  @Test func refusesWhatIsNotUTF8() {
    #expect(throws: Fault.self) { try JSON(parsing: [0x22, 0xff, 0x22]) }
    #expect(throws: Fault.self) { try JSON(parsing: [0x22, 0x5c, 0x6e, 0xc0, 0x80, 0x22]) }
  }

  @Test func depthIsLimited() {
    #expect(throws: Never.self) {
      try JSON(parsing: String(repeating: "[", count: 128) + String(repeating: "]", count: 128))
    }
    #expect(throws: Fault.self) { try JSON(parsing: String(repeating: "[", count: 100_000)) }
  }

  @Test func writesInOrderAndComesBack() throws {
    let text = #"{"z":1,"a":[true,null,-1.5,1e+100],"q":"\"\\\n\u0001é"}"#
    #expect(try JSON(parsing: text).text == text)
  }

  @Test func infiniteNumbersBecomeNull() { #expect(JSON.double(.infinity).text == "null") }

  @Test func theLastOfRepeatedKeysCounts() throws {
    let value = try JSON(parsing: #"{"a":1,"a":2}"#)
    #expect(value["a"]?.int == 2)
  }

  @Test func objectsAreEqualWhateverTheOrder() throws {
    #expect(try JSON(parsing: #"{"a":1,"b":2}"#) == JSON(parsing: #"{"b":2,"a":1}"#))
    let twice = try JSON(parsing: #"{"a":1,"a":1}"#)
    let other = try JSON(parsing: #"{"a":1,"b":2}"#)
    #expect(twice != other && other != twice)
  }

  @Test func settingReplacesAndRemoves() {
    var object: JSONObject = ["a": 1, "b": 2]
    object["a"] = 3
    object["c"] = "x"
    object["b"] = nil
    #expect(JSON.object(object).text == #"{"a":3,"c":"x"}"#)
  }

  @Test func valuesOfSwiftTypes() throws {
    #expect(try [Int?](json: [1, nil]) == [1, nil])
    #expect(try [String: Double](json: ["a": 1]) == ["a": 1.0])
    #expect(["b": 1, "a": 2].json.text == #"{"a":2,"b":1}"#)
    let fault = #expect(throws: Fault.self) { try Int(json: "x") }
    #expect(fault?.message == "\"x\" is not of type 'integer'")
  }
}
