internal import Core
internal import Log

/// The requests of every service, counted and timed.
enum APIMetrics {
  static func observe(service: String, method: String, status: Int, took: Duration) {}
}
