internal import Core
internal import Log

/// The requests of every service, counted and timed.
enum APIMetrics {
  private static let requests = Metrics.shared.counter(
    "martlet_requests_total", "Requests answered.", labels: ["service", "method", "status"])
  private static let seconds = Metrics.shared.histogram(
    "martlet_request_seconds", "Time from a request's arrival to its answer.", labels: ["service", "method"])

  private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

  /// Methods that nobody has are counted under one name, or a stranger could fill the memory with names of his own.
  static func observe(service: String, method: String, status: Int, took: Duration) {
    let method = methods.contains(method) ? method : "other"
    requests.add(1, [service, method, String(status)])
    seconds.observe(took.inSeconds, [service, method])
  }
}
