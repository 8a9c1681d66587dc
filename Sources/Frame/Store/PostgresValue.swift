internal import CPostgres
internal import Core

// How values travel to and from PostgreSQL: texts both ways, but for bytes, which go there as they are.

extension Value {
  /// The type a bind is declared with (pg_type.dat); a NULL's is left to the server.
  var oid: Oid {
    switch self {
    case .null: 0
    case .int: 20
    case .double: 701
    case .text: 25
    case .blob: 17
    }
  }
}

/// The bytes of a bind, texts with their final NUL; nil for NULL.
func encode(_ value: Value) throws -> [CChar]? {
  switch value {
  case .null: return nil
  case .int(let number): return Array(String(number).utf8CString)
  case .double(let number): return Array(String(number).utf8CString)
  case .text(let text):
    try refuseNUL(text)
    return Array(text.utf8CString)
  case .blob(let bytes): return bytes.map { CChar(bitPattern: $0) }
  }
}

/// Lends the start of each piece to C at once.
func withPointers<T>(_ pieces: [[CChar]], _ body: ([UnsafePointer<CChar>?]) -> T) -> T {
  // One buffer for all; a byte at the end keeps the start of an empty last piece inside it.
  var all: [CChar] = []
  var starts: [Int] = []
  for piece in pieces {
    starts.append(all.count)
    all += piece
  }
  all.append(0)
  return all.withUnsafeBufferPointer { buffer in body(starts.map { buffer.baseAddress?.advanced(by: $0) }) }
}

func rows(of result: OpaquePointer?) -> [[Value]] {
  let types = (0..<PQnfields(result)).map { PQftype(result, $0) }
  return (0..<PQntuples(result)).map { row in
    types.enumerated().map { column, type in cell(result, row, Int32(column), type) }
  }
}

private func cell(_ result: OpaquePointer?, _ row: Int32, _ column: Int32, _ type: Oid) -> Value {
  guard PQgetisnull(result, row, column) == 0, let start = PQgetvalue(result, row, column) else { return .null }
  let bytes = UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, row, column)))
  let text = { String(decoding: bytes, as: UTF8.self) }
  switch type {
  case 16: return .int(bytes.first == UInt8(ascii: "t") ? 1 : 0)
  // Sums of BIGINT are NUMERIC, though whole.
  case 20, 21, 23, 1700: return Int(text()).map { .int($0) } ?? Double(text()).map { .double($0) } ?? .text(text())
  case 700, 701: return Double(text()).map { .double($0) } ?? .text(text())
  case 17: return .blob(unhex(bytes.dropFirst(2)))
  default: return .text(text())
  }
}

/// The bytes of `\x…` after its mark.
private func unhex(_ digits: Slice<UnsafeRawBufferPointer>) -> [UInt8] {
  func value(_ digit: UInt8) -> UInt8 { digit < 58 ? digit - 48 : digit - 87 }
  var bytes: [UInt8] = []
  bytes.reserveCapacity(digits.count / 2)
  var at = digits.startIndex
  while at + 1 < digits.endIndex {
    bytes.append(value(digits[at]) << 4 | value(digits[at + 1]))
    at += 2
  }
  return bytes
}
