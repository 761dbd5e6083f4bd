"""Prometheus: the manager's module and the daemon's own scrape, by what the stock Grafana dashboards draw from."""
import http.client
import os
import pathlib
import re
import socket
import time
import unittest

from harness import Cluster, wait_for

BYTES = 12_345
COUNT = 10
MANAGERS_PORT = 27090
OWN_PORT = 27091

# What monitoring/grafana/dashboards/{osd-device-details,osds-overview,ceph-cluster,hosts-overview}.json of 16.2 draw from
# of an OSD's counters, with the manager's types; ceph_bluefs_wal_total_bytes is counted there, not drawn.
DRAWN = {
    "ceph_osd_op_r": "counter", "ceph_osd_op_w": "counter", "ceph_osd_op_r_out_bytes": "counter",
    "ceph_osd_op_w_in_bytes": "counter", "ceph_osd_op_r_latency_sum": "counter", "ceph_osd_op_r_latency_count": "counter",
    "ceph_osd_op_w_latency_sum": "counter", "ceph_osd_op_w_latency_count": "counter", "ceph_osd_numpg": "gauge",
    "ceph_osd_recovery_ops": "counter", "ceph_osd_stat_bytes": "gauge", "ceph_osd_stat_bytes_used": "gauge",
    "ceph_bluefs_wal_total_bytes": "gauge",
}
# And what the manager tells of an OSD by itself; for OSDs on a block device ceph_disk_occupation as well.
TOLD = {"ceph_osd_metadata", "ceph_osd_up", "ceph_osd_in", "ceph_osd_apply_latency_ms", "ceph_osd_commit_latency_ms"}
UNDRAWN = {"ceph_osd_weight", "ceph_daemon_health_metrics"}
# They move with time, or with who looks: by name.
MOVING = re.compile(r"ceph_osd_(loadavg|stat_bytes)|ceph_bluestore_pricache|ceph_bluefs|ceph_bluestore|ceph_rocksdb")


def request(port, method="GET", path="/metrics", headers=()):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, headers=dict(headers))
        reply = connection.getresponse()
        return reply, reply.read().decode()
    finally:
        connection.close()


def parsed(text, daemon="osd.0"):
    """Name to type and value of one daemon's metrics; a line that is none is an error."""
    types, helps, found = {}, {}, {}
    for line in text.splitlines():
        if not line:
            continue
        if line.startswith("# "):
            _, word, name, about = (line + " ").split(" ", 3)
            {"HELP": helps, "TYPE": types}[word][name] = about.strip()
            continue
        name, labels, value = re.fullmatch(r'([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)', line).groups()
        if f'ceph_daemon="{daemon}"' in (labels or ""):
            assert name not in found, name
            found[name] = (types[name], helps[name], float(value))
    return found


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Metrics(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(port=27000, size=3 << 30, settings=[
            "mgr stats period = 1", f"loligo_metrics_port = {OWN_PORT}"])
        cls.addClassCleanup(cls.cluster.stop)
        cls.cluster.wait_up()
        cls.cluster.stop_device_monitoring()
        cls.cluster.create_pool("p", pgs=8)
        cls.data = pathlib.Path(cls.cluster.dir) / "data"
        cls.data.write_bytes(os.urandom(BYTES))

    def own(self):
        reply, text = request(OWN_PORT)
        self.assertEqual(reply.status, 200)
        return parsed(text)

    def write(self, prefix):
        for number in range(COUNT):
            self.cluster.rados("p", "put", f"{prefix}{number}", self.data)

    def read(self, prefix):
        for number in range(COUNT):
            self.cluster.rados("p", "get", f"{prefix}{number}", "-", text=False)

    def test_known_work_moves_what_the_dashboards_draw(self):
        before = self.own()
        self.write("known")
        self.read("known")
        after = self.own()

        def grown(name):
            return after[name][2] - before[name][2]
        for name in ("ceph_osd_op_w", "ceph_osd_op_r", "ceph_osd_op_w_latency_count", "ceph_osd_op_r_latency_count"):
            self.assertEqual(grown(name), COUNT, name)
        for name in ("ceph_osd_op_w_in_bytes", "ceph_osd_op_r_out_bytes"):
            self.assertEqual(grown(name), COUNT * BYTES, name)
        for name in ("ceph_osd_op_w_latency_sum", "ceph_osd_op_r_latency_sum"):
            self.assertTrue(0 < grown(name) < 60, name)
        osd = self.cluster.daemon("perf", "dump", "osd")["osd"]
        self.assertEqual((after["ceph_osd_numpg"][2], after["ceph_osd_stat_bytes"][2]), (osd["numpg"], osd["stat_bytes"]))

    def test_it_has_the_counters_of_perf_dump(self):
        found, schema = self.own(), self.cluster.daemon("perf", "schema")
        dump = self.cluster.daemon("perf", "dump")
        for logger, counters in schema.items():
            for name, counter in counters.items():
                metric = "ceph_" + re.sub(r"[./]|::", "_", f"{logger}.{name}").replace("-", "_")
                if counter["type"] & 4:
                    self.assertEqual(f"{metric}_sum" in found, counter["priority"] >= 5, metric)
                    if counter["priority"] >= 5:
                        kinds = found[f"{metric}_sum"][0], found[f"{metric}_count"][0]
                        self.assertEqual(kinds, ("counter", "counter"), metric)
                else:
                    self.assertEqual(metric in found, counter["priority"] >= 5, metric)
                    if counter["priority"] >= 5:
                        self.assertEqual(found[metric][0], counter["metric_type"], metric)
        self.assertEqual(found["ceph_osd_op"][2], dump["osd"]["op"])
        # Seconds, as perf dump has them.
        self.assertAlmostEqual(found["ceph_osd_op_w_latency_sum"][2], dump["osd"]["op_w_latency"]["sum"], 6)

    def test_the_managers_module_and_the_own_scrape_agree(self):
        self.cluster.ceph("config", "set", "mgr", "mgr/prometheus/server_addr", "127.0.0.1")
        self.cluster.ceph("config", "set", "mgr", "mgr/prometheus/server_port", str(MANAGERS_PORT))
        self.cluster.ceph("config", "set", "mgr", "mgr/prometheus/scrape_interval", "1")
        self.cluster.ceph("mgr", "module", "enable", "prometheus")
        self.addCleanup(self.cluster.ceph, "mgr", "module", "disable", "prometheus")
        self.write("told")
        self.read("told")
        told, own = {}, {}

        def others():
            """What differs from the manager's word, which is of a little earlier: a map may have come meanwhile."""
            return [name for name in own if not MOVING.match(name) and told.get(name, (0, 0, -1))[2] != own[name][2]]

        def has_come():
            try:
                reply, text = request(MANAGERS_PORT)
            except (OSError, http.client.HTTPException):
                return False
            if reply.status != 200:
                return False
            told.clear(), own.clear()
            told.update(parsed(text)), own.update(self.own())
            return "ceph_osd_op" in told and not others()
        # The manager begins anew with the module.
        try:
            wait_for("the manager to tell what was done", has_come, pause=1)
        except AssertionError as error:
            self.fail(f"{error}: {[(name, own[name], told.get(name)) for name in others()]}")
        self.assertGreaterEqual(own["ceph_osd_op_w"][2], COUNT)
        for name, kind in DRAWN.items():
            self.assertEqual((own[name][0], told[name][0]), (kind, kind), name)
        self.assertLessEqual(TOLD, told.keys())
        self.assertEqual(told.keys() - own.keys() - UNDRAWN, TOLD - {"ceph_osd_metadata"})
        self.assertEqual(own.keys() - told.keys(), set())
        for name, (kind, about, _) in own.items():
            self.assertEqual((kind, about), told[name][:2], name)
        self.assertEqual(told["ceph_osd_stat_bytes"][2], own["ceph_osd_stat_bytes"][2])

    def test_the_own_scrape_labels_the_osd_as_the_manager_does(self):
        wait_for("a device class", lambda: self.cluster.ceph_json("osd", "tree")["nodes"][-1].get("device_class"))
        line = next(line for line in request(OWN_PORT)[1].splitlines() if line.startswith("ceph_osd_metadata{"))
        labels = dict(re.findall(r'(\w+)="([^"]*)"', line))
        self.assertEqual(list(labels), ["back_iface", "ceph_daemon", "cluster_addr", "device_class", "front_iface",
                                        "hostname", "objectstore", "public_addr", "ceph_version"])
        osd = self.cluster.ceph_json("osd", "metadata", "0")
        self.assertEqual((labels["ceph_daemon"], labels["public_addr"], labels["cluster_addr"], labels["objectstore"]),
                         ("osd.0", "127.0.0.1", "127.0.0.1", "bluestore"))
        self.assertEqual((labels["hostname"], labels["ceph_version"]), (osd["hostname"], osd["ceph_version"]))
        self.assertEqual((labels["front_iface"], labels["back_iface"]), (osd.get("front_iface", ""), osd.get("back_iface", "")))
        self.assertEqual(labels["device_class"], self.cluster.ceph_json("osd", "tree")["nodes"][-1]["device_class"])

    def test_only_reading_of_that_page_is_answered(self):
        reply, text = request(OWN_PORT)
        self.assertEqual(reply.getheader("Content-Type"), "text/plain; version=0.0.4; charset=utf-8")
        head, body = request(OWN_PORT, "HEAD")
        self.assertEqual((head.status, body), (200, ""))
        self.assertAlmostEqual(int(head.getheader("Content-Length")), len(text), delta=200)
        for path in ("/", "/metrics/", "/other", "/../etc/passwd"):
            self.assertEqual(request(OWN_PORT, path=path)[0].status, 404, path)
        self.assertEqual(request(OWN_PORT, path="/metrics?collect[]=osd")[0].status, 200)
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            reply = request(OWN_PORT, method)[0]
            self.assertEqual((reply.status, reply.getheader("Allow")), (405, "GET, HEAD"), method)
        # A body is not waited for.
        self.assertEqual(request(OWN_PORT, "POST", headers={"Content-Length": "1000000000"})[0].status, 405)
        self.assertEqual(request(OWN_PORT, headers={"X": "y" * 40_000})[0].status, 431)

    def test_more_connections_than_it_takes_do_it_no_harm(self):
        # 16 are served and as many wait to be.
        idle = [socket.create_connection(("127.0.0.1", OWN_PORT), timeout=60) for _ in range(30)]
        try:
            self.cluster.rados("p", "put", "meanwhile", self.data)
            held = len(os.listdir(f"/proc/{self.cluster.pid()}/fd"))
        finally:
            for connection in idle:
                connection.close()
        def answers():
            try:
                return self.own()
            except OSError:
                return None
        wait_for("an answer after all", answers)
        let_go = len(os.listdir(f"/proc/{self.cluster.pid()}/fd"))
        self.assertLessEqual(held - let_go, 17)

    def test_the_options_count_at_once(self):
        other = OWN_PORT + 1
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            # Taken by somebody else: one line, and the OSD goes on.
            busy = taken.getsockname()[1]
            self.cluster.daemon("config", "set", "loligo_metrics_port", str(busy))
            line = f"metrics: listen on 127.0.0.1:{busy}"
            wait_for("a line in the log", lambda: line in self.cluster.tail_log(10_000))
            time.sleep(1)
            self.assertEqual(self.cluster.tail_log(10_000).count(line), 1)
            wait_for("the first port let go", lambda: not listens(OWN_PORT))
            self.cluster.rados("p", "put", "on", self.data)
        self.cluster.daemon("config", "set", "loligo_metrics_port", str(other))
        wait_for("the other port", lambda: listens(other))
        self.assertIn("ceph_osd_op", parsed(request(other)[1]))
        self.cluster.daemon("config", "set", "loligo_metrics_address", "nowhere")
        wait_for("a line in the log", lambda: f"metrics: nowhere:{other} is no address" in self.cluster.tail_log(10_000))
        wait_for("the port let go", lambda: not listens(other))
        self.cluster.daemon("config", "set", "loligo_metrics_address", "127.0.0.1")
        wait_for("the address again", lambda: listens(other))
        self.cluster.daemon("config", "set", "loligo_metrics_port", "0")
        wait_for("nothing served", lambda: not listens(other))
        self.cluster.daemon("config", "set", "loligo_metrics_port", str(OWN_PORT))
        wait_for("the first port", lambda: listens(OWN_PORT))


class Off(unittest.TestCase):
    def test_nothing_listens_unless_it_is_asked_for(self):
        cluster = Cluster(port=27000, size=2 << 30)
        self.addCleanup(cluster.stop)
        cluster.wait_up()
        self.assertNotIn("metrics:", cluster.tail_log(10_000))
        # The monitors' configuration counts too, and half a request does not keep the daemon from ending.
        cluster.ceph("config", "set", "osd.0", "loligo_metrics_port", str(OWN_PORT + 2), "--force")
        wait_for("the port", lambda: listens(OWN_PORT + 2))
        connection = socket.create_connection(("127.0.0.1", OWN_PORT + 2), timeout=60)
        self.addCleanup(connection.close)
        connection.sendall(b"GET /metrics HTTP/1.1\r\n")
        cluster.terminate()


if __name__ == "__main__":
    unittest.main()
