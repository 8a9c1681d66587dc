internal import Core
internal import Log

/// The requests of every service, counted and timed.
enum APIMetrics {
  private static let requests = Metrics.shared.counter(
    "martlet_requests_total", "Requests answered.", labels: ["service", "method", "status"])
  private static let seconds = Metrics.shared.histogram(
    "martlet_request_seconds", "Time from a request's arrival to its answer.", labels: ["service", "method"])

  static func observe(service: String, method: String, status: Int, took: Duration) {
    requests.add(1, [service, method, String(status)])
    seconds.observe(took.inSeconds, [service, method])
  }
}
