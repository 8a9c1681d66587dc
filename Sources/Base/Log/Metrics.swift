internal import Synchronization

/// A set of metrics and its page in Prometheus' text format.
///
/// Families are made once, where they are used, and kept in a constant; asking for a name again gives the same
/// family, so that two parts can feed one. Every family is bounded: label sets beyond its limit are counted together
/// under the label value `other`, so that a client cannot fill the memory with names.
public final class Metrics: Sendable {
  /// The process's metrics, which `/metrics` shows.
  public static let shared = Metrics()
  /// The media type of `render()`.
  public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  private let families = Mutex<[String: MetricFamily]>([:])

  public init() {}

  /// A number that only grows; its name ends in `_total`.
  public func counter(_ name: String, _ help: String, labels: [String] = [], limit: Int = 1000) -> Counter {
    Counter(family: family(name, help, .counter, labels, limit))
  }
  /// A number that goes up and down.
  public func gauge(_ name: String, _ help: String, labels: [String] = [], limit: Int = 1000) -> Gauge {
    Gauge(family: family(name, help, .gauge, labels, limit))
  }
  /// A number that is looked up when the page is rendered.
  public func gauge(_ name: String, _ help: String, read: @escaping @Sendable () -> Double) {
    family(name, help, .gauge, [], 1).read(by: read)
  }
  /// A distribution, counted in buckets. - Parameter buckets: their upper bounds, ascending, without infinity.
  public func histogram(
    _ name: String, _ help: String, labels: [String] = [], buckets: [Double] = Metrics.seconds, limit: Int = 1000
  ) -> Histogram {
    Histogram(family: family(name, help, .histogram(buckets), labels, limit))
  }
  /// Bounds for durations from half a millisecond to a minute.
  public static let seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

  private func family(
    _ name: String, _ help: String, _ kind: MetricFamily.Kind, _ labels: [String], _ limit: Int
  ) -> MetricFamily {
    families.withLock { families in
      if let known = families[name] {
        precondition(
          known.kind == kind && known.labels == labels, "The metric \(name) is declared twice, and differently.")
        return known
      }
      let made = MetricFamily(name: name, help: help, kind: kind, labels: labels, limit: limit)
      families[name] = made
      return made
    }
  }

  /// The page in Prometheus' text exposition format 0.0.4: families and label sets in alphabetical order.
  public func render() -> String {
    let all = families.withLock { $0.values.sorted { $0.name < $1.name } }
    var page = ""
    for family in all { family.render(to: &page) }
    return page
  }
}

/// A number that only grows.
public struct Counter: Sendable {
  let family: MetricFamily
  /// - Parameter labels: a value for each of the family's labels, in their order.
  public func add(_ amount: Double = 1, _ labels: [String] = []) { family.change(labels) { $0.value += amount } }
  public func value(_ labels: [String] = []) -> Double { family.sample(labels).value }
}

/// A number that goes up and down.
public struct Gauge: Sendable {
  let family: MetricFamily
  public func set(_ value: Double, _ labels: [String] = []) { family.change(labels) { $0.value = value } }
  public func add(_ amount: Double, _ labels: [String] = []) { family.change(labels) { $0.value += amount } }
  public func value(_ labels: [String] = []) -> Double { family.sample(labels).value }
}

/// A distribution.
public struct Histogram: Sendable {
  let family: MetricFamily
  public func observe(_ value: Double, _ labels: [String] = []) {
    let bucket = family.bounds.firstIndex { value <= $0 }
    family.change(labels) { sample in
      sample.value += value
      sample.count += 1
      if let bucket { sample.buckets[bucket] += 1 }
    }
  }
  /// How many values were observed.
  public func count(_ labels: [String] = []) -> Int { family.sample(labels).count }
}
