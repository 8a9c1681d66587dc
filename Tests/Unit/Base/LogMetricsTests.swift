import Log
import Testing

@Suite("Metrics") struct LogMetricsTests {
  @Test func thePageIsPrometheusText() {
    let metrics = Metrics()
    let requests = metrics.counter("requests_total", "Requests.", labels: ["method", "status"])
    requests.add(1, ["GET", "200"])
    requests.add(2, ["GET", "200"])
    requests.add(1, ["DELETE", "a\"b\\\n"])
    metrics.gauge("busy", "Busy \\ now.\n").set(1.5)
    let time = metrics.histogram("seconds", "Time.", buckets: [0.1, 1])
    for value in [0.05, 0.1, 0.5, 7] { time.observe(value) }
    metrics.gauge("threads", "Threads.") { 4 }
    #expect(
      metrics.render() == #"""
        # HELP busy Busy \\ now.\n
        # TYPE busy gauge
        busy 1.5
        # HELP requests_total Requests.
        # TYPE requests_total counter
        requests_total{method="DELETE",status="a\"b\\\n"} 1
        requests_total{method="GET",status="200"} 3
        # HELP seconds Time.
        # TYPE seconds histogram
        seconds_bucket{le="0.1"} 2
        seconds_bucket{le="1"} 3
        seconds_bucket{le="+Inf"} 4
        seconds_sum 7.65
        seconds_count 4
        # HELP threads Threads.
        # TYPE threads gauge
        threads 4

        """#)
  }

  @Test func labelSetsAreBounded() {
    let metrics = Metrics()
    let counter = metrics.counter("c_total", "C.", labels: ["name"], limit: 2)
    for i in 0..<100 { counter.add(1, ["n\(i)"]) }
    #expect(counter.value(["n0"]) == 1 && counter.value(["other"]) == 98)
  }

  @Test func theSameNameIsTheSameFamily() {
    let metrics = Metrics()
    metrics.counter("c_total", "C.").add()
    metrics.counter("c_total", "C.").add()
    #expect(metrics.counter("c_total", "C.").value() == 2)
  }
}
