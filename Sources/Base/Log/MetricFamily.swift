internal import Synchronization

/// The samples of one metric, one for each set of label values.
final class MetricFamily: Sendable {
  enum Kind: Equatable { case counter, gauge, histogram([Double]) }

  /// What is known of one label set: the number, or a histogram's sum, count and buckets (not yet added up).
  struct Sample {
    var value = 0.0
    var count = 0
    var buckets: [Int]
  }

  let name: String
  let help: String
  let kind: Kind
  let labels: [String]
  private let limit: Int
  private let samples = Mutex<[[String]: Sample]>([:])
  private let reader = Mutex<(@Sendable () -> Double)?>(nil)

  init(name: String, help: String, kind: Kind, labels: [String], limit: Int) {
    self.name = name
    self.help = help
    self.kind = kind
    self.labels = labels
    self.limit = limit
  }

  var bounds: [Double] { if case .histogram(let bounds) = kind { bounds } else { [] } }

  func read(by read: @escaping @Sendable () -> Double) { reader.withLock { $0 = read } }

  func change(_ values: [String], _ body: (inout Sample) -> Void) {
    precondition(values.count == labels.count, "The metric \(name) has the labels \(labels), not \(values.count).")
    samples.withLock { samples in
      let full = samples.count >= limit && !values.isEmpty && samples[values] == nil
      let key = full ? labels.map { _ in "other" } : values
      body(&samples[key, default: Sample(buckets: bounds.map { _ in 0 })])
    }
  }

  func sample(_ values: [String]) -> Sample {
    samples.withLock { $0[values] } ?? Sample(buckets: [])
  }

  func render(to page: inout String) {
    if let read = reader.withLock({ $0 }) { change([]) { $0.value = read() } }
    let sorted = samples.withLock { $0 }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    page += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(typeName)\n"
    for (values, sample) in sorted {
      let pairs = zip(labels, values).map { "\($0)=\"\(Self.escaped($1, quotes: true))\"" }
      switch kind {
      case .counter, .gauge: page += line("", pairs, Self.number(sample.value))
      case .histogram(let bounds):
        var below = 0
        for (bound, count) in zip(bounds, sample.buckets) {
          below += count
          page += line("_bucket", pairs + ["le=\"\(Self.number(bound))\""], "\(below)")
        }
        page += line("_bucket", pairs + ["le=\"+Inf\""], "\(sample.count)")
        page += line("_sum", pairs, Self.number(sample.value))
        page += line("_count", pairs, "\(sample.count)")
      }
    }
  }

  private var typeName: String {
    switch kind {
    case .counter: "counter"
    case .gauge: "gauge"
    case .histogram: "histogram"
    }
  }

  private func line(_ suffix: String, _ pairs: [String], _ value: String) -> String {
    name + suffix + (pairs.isEmpty ? "" : "{" + pairs.joined(separator: ",") + "}") + " " + value + "\n"
  }

  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    if let whole = Int(exactly: value) { return "\(whole)" }
    return "\(value)"
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var out = ""
    for c in text.unicodeScalars {
      switch c {
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\"" where quotes: out += "\\\""
      default: out.unicodeScalars.append(c)
      }
    }
    return out
  }
}
