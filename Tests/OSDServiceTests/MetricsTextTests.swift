import Base
import Testing

@testable import OSDService

/// Lines as the manager's module prints them: `src/pybind/mgr/prometheus/module.py`, `str_expfmt`.
@Suite struct MetricsTextTests {
  private func text(
    _ path: String, _ kind: PerfKind, sum: UInt64, count: UInt64 = 0,
    axes: PerfHistogram.Axes? = nil
  ) -> String {
    var text = MetricsText()
    let name = path.split(separator: ".").last.map(String.init) ?? ""
    text.add(
      PerfReading(
        path: path, declaration: PerfDeclaration(name, kind, "About it", axes: axes),
        value: (sum, count)),
      of: "osd.3")
    return text.text
  }

  @Test func `a counter`() {
    #expect(
      text("osd.op_w", .counter, sum: 12) == """
        # HELP ceph_osd_op_w About it
        # TYPE ceph_osd_op_w counter
        ceph_osd_op_w{ceph_daemon="osd.3"} 12.0

        """)
  }

  @Test func `a gauge`() {
    let lines = text("osd.stat_bytes", .gauge, sum: 3_221_225_472).split(separator: "\n")
    #expect(lines[1] == "# TYPE ceph_osd_stat_bytes gauge")
    #expect(lines[2] == #"ceph_osd_stat_bytes{ceph_daemon="osd.3"} 3221225472.0"#)
  }

  @Test func `an average of times is its sum in seconds and its count`() {
    #expect(
      text("osd.op_latency", .timeAverage, sum: 1_500_000_000, count: 4) == """
        # HELP ceph_osd_op_latency_sum About it Total
        # TYPE ceph_osd_op_latency_sum counter
        ceph_osd_op_latency_sum{ceph_daemon="osd.3"} 1.5
        # HELP ceph_osd_op_latency_count About it Count
        # TYPE ceph_osd_op_latency_count counter
        ceph_osd_op_latency_count{ceph_daemon="osd.3"} 4.0

        """)
  }

  @Test func `an average of numbers has its sum as it is`() {
    #expect(
      text("a.b", .average, sum: 1_500_000_000).contains(#"_sum{ceph_daemon="osd.3"} 1500000000.0"#)
    )
  }

  @Test func `a time is a gauge of seconds`() {
    let lines = text("a.b", .time, sum: 250_000_000).split(separator: "\n")
    #expect(lines[1...] == ["# TYPE ceph_a_b gauge", #"ceph_a_b{ceph_daemon="osd.3"} 0.25"#])
  }

  @Test func `a histogram is none`() {
    let axis = PerfHistogram.Axis("x", quantum: 1, buckets: 4)
    #expect(
      text("a.b", .histogram, sum: 1, axes: PerfHistogram.Axes(x: axis, y: axis)).isEmpty)
  }

  @Test(arguments: [
    ("throttle-osd_client_bytes.val", "ceph_throttle_osd_client_bytes_val"),
    ("AsyncMessenger::Worker-0.msgr_recv", "ceph_AsyncMessenger_Worker_0_msgr_recv"),
    ("bluestore-pricache:data.pri0", "ceph_bluestore_pricache:data_pri0"),
    ("a.b c/d+", "ceph_a_b_c_d_plus"), ("a.b-", "ceph_a_b_minus"),
  ])
  func `names have the characters that Prometheus takes`(path: String, name: String) {
    #expect(MetricsText.name(of: path) == name)
  }

  @Test func `labels are quoted`() {
    var text = MetricsText()
    text.add("osd_metadata", .untyped, "OSD Metadata", [("a", "x\"y\\z\n"), ("b", "")], 1)
    #expect(text.text.hasSuffix(#"ceph_osd_metadata{a="x\"y\\z\n",b=""} 1.0"# + "\n"))
  }
}
