"""What operators look at: counters after known work, the ops' histories, slow ops and why, the commands."""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import unittest

from harness import OSD_BIN, ROOT, Cluster, wait_for

GOLDEN = pathlib.Path(__file__).parent / "Golden"
BYTES = 12_345
COUNT = 10


def changes(before, after):
    """By counter that is another: by how much (averages: by how many samples)."""
    def value(found):
        return found["avgcount"] if isinstance(found, dict) else found
    return {name: value(after[name]) - value(before[name]) for name in after if value(after[name]) != value(before[name])}


class Alone(unittest.TestCase):
    """One OSD under test, which nobody else asks for anything."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(port=26700, size=3 << 30, settings=["mgr stats period = 1"])
        cls.addClassCleanup(cls.cluster.stop)
        cls.cluster.wait_up()
        cls.cluster.stop_device_monitoring()
        cls.cluster.create_pool("p", pgs=8)
        cls.data = pathlib.Path(cls.cluster.dir) / "data"
        cls.data.write_bytes(os.urandom(BYTES))

    def perf(self, logger="osd"):
        return self.cluster.daemon("perf", "dump", logger)[logger]

    def put(self, *names):
        for name in names:
            self.cluster.rados("p", "put", name, self.data)

    def settled(self, logger="osd"):
        """The counters when nothing else is under way."""
        while True:
            before = self.perf(logger)
            time.sleep(1.5)
            if changes(before, self.perf(logger)).get("op") is None:
                return self.perf(logger)

    def test_writes_and_reads_raise_exactly_their_counters(self):
        names = [f"o{number}" for number in range(COUNT)]
        osd, store = self.settled(), self.perf("bluestore")
        self.put(*names)
        after = self.perf()
        changed = changes(osd, after)
        for name in ("op", "op_w", "op_latency", "op_process_latency", "op_prepare_latency", "op_w_latency",
                     "op_w_process_latency", "op_w_prepare_latency", "op_before_queue_op_lat", "op_before_dequeue_op_lat"):
            self.assertEqual(changed.pop(name), COUNT, name)
        for name in ("op_in_bytes", "op_w_in_bytes"):
            self.assertEqual(changed.pop(name), COUNT * BYTES, name)
        self.assertFalse([name for name in changed if name.startswith(("op", "subop", "recovery"))], changed)
        self.assertGreater(after["op_w_latency"]["avgtime"], 0)
        self.assertGreaterEqual(after["op_w_latency"]["sum"], after["op_w_process_latency"]["sum"])
        self.assertGreaterEqual(after["op_w_process_latency"]["sum"], after["op_w_prepare_latency"]["sum"])
        stored = {}

        def all_counted():
            stored.update(changes(store, self.perf("bluestore")))
            return all(stored[name] == stored["bluestore_txc"] for name in ("commit_lat", "submit_lat", "throttle_lat"))
        wait_for("each transaction to be counted in each latency", all_counted)
        self.assertGreaterEqual(stored["bluestore_txc"], COUNT)
        self.assertGreaterEqual(stored["write_bytes"], COUNT * BYTES)
        self.assertGreaterEqual(stored["bluestore_stored"], COUNT * BYTES)

        osd, store = self.settled(), self.perf("bluestore")
        for name in names:
            self.assertEqual(self.cluster.rados("p", "get", name, "-", text=False).stdout, self.data.read_bytes())
        changed = changes(osd, self.perf())
        for name in ("op", "op_r", "op_latency", "op_r_latency", "op_r_process_latency", "op_r_prepare_latency"):
            self.assertEqual(changed[name], COUNT, name)
        for name in ("op_out_bytes", "op_r_out_bytes"):
            self.assertEqual(changed[name], COUNT * BYTES, name)
        self.assertFalse([name for name in changed if name.startswith(("op_w", "op_rw", "op_in"))], changed)
        self.assertEqual(changes(store, self.perf("bluestore"))["read_lat"], COUNT)

    def test_what_fails_does_not_count(self):
        before = self.settled()
        self.assertNotEqual(self.cluster.rados("p", "get", "nothing", "-", check=False).returncode, 0)
        self.assertNotIn("op", changes(before, self.perf()))

    def test_histograms_hold_each_op_once(self):
        def total():
            found = self.cluster.daemon("perf", "histogram", "dump", "osd")["osd"]["op_w_latency_in_bytes_histogram"]
            self.assertEqual([axis["buckets"] for axis in found["axes"]], [32, 32])
            return [sum(row[size] for row in found["values"]) for size in range(32)]
        before = total()
        self.put("h0", "h1")
        # 12,345 bytes are between 8,192 and 16,383: the seventh range of sizes from 512 on.
        size = [0] * 32
        size[6] = 2
        self.assertEqual([after - b for after, b in zip(total(), before)], size)
        schema = self.cluster.daemon("perf", "histogram", "schema")["osd"]
        self.assertEqual(schema["op_r_latency_out_bytes_histogram"]["value_type"], "integer-2d-histogram")

    def test_gauges_are_true(self):
        pgs = []

        def all_told():
            listed = self.cluster.ceph_json("pg", "dump", "pgs")
            pgs[:] = listed["pg_stats"] if isinstance(listed, dict) else listed
            return self.perf()["numpg"] == len(pgs)
        wait_for("as many PGs as the manager has heard of", all_told)
        osd = self.perf()
        self.assertEqual((osd["numpg_primary"], osd["numpg_replica"], osd["numpg_stray"]), (len(pgs), 0, 0))
        self.assertEqual(osd["op_wip"], 0)
        wait_for("as much used as the cluster says", lambda: abs(
            self.cluster.ceph_json("osd", "df")["nodes"][0]["kb_used"] * 1024 - self.perf()["stat_bytes_used"]) < 1 << 22)
        self.assertEqual(osd["stat_bytes"], self.cluster.ceph_json("osd", "df")["nodes"][0]["kb"] * 1024)
        memory = self.perf("bluestore-pricache")
        self.assertGreater(memory["mapped_bytes"], 1 << 20)
        self.assertEqual(memory["target_bytes"], 4 << 30)

    def test_a_reset_begins_anew_but_for_gauges(self):
        self.put("r")
        self.settled()
        self.cluster.daemon("perf", "reset", "osd")
        osd = self.perf()
        self.assertEqual((osd["op"], osd["op_w_latency"]["avgcount"], osd["op_in_bytes"]), (0, 0, 0))
        self.assertGreater(osd["numpg"], 0)
        self.assertEqual(self.cluster.daemon("perf", "reset", "nobody"), {"error": "Not find: nobody"})
        self.put("r")
        self.assertEqual(self.perf()["op_w"], 1)

    def test_labeled_counters(self):
        dump, schema = self.cluster.daemon("counter", "dump"), self.cluster.daemon("counter", "schema")
        self.assertEqual(dump["osd"][0]["labels"], {})
        self.assertGreater(dump["osd"][0]["counters"]["numpg"], 0)
        self.assertEqual(schema["osd"][0]["counters"]["op"]["type"], 10)

    def test_every_counter_that_stock_reports_is_here_or_explained(self):
        stock = json.loads((GOLDEN / "stock_counters.json").read_text())
        ours = self.cluster.daemon("perf", "schema")
        text = (ROOT / "Docs/Counters.md").read_text().split("## Not here")[1]
        explained = [re.compile(re.escape(name).replace(r"\*", ".*") + "$") for name in re.findall(r"`([^`]+)`", text)]
        missing, other = [], {}
        for logger, counters in stock.items():
            for name, (kind, priority, units, nick) in counters.items():
                found = ours.get(logger, {}).get(name)
                if found is None:
                    if not any(rule.match(f"{logger}.{name}") for rule in explained):
                        missing.append(f"{logger}.{name}")
                elif (found["type"], found["priority"], found["units"], found["nick"]) != (kind, priority, units, nick):
                    other[f"{logger}.{name}"] = found
        self.assertFalse(missing)
        self.assertFalse(other)

    def test_the_manager_has_the_counters(self):
        self.put("told")
        perf = self.settled()
        told = {}
        line = re.compile(r"ceph_daemon_stats,ceph_daemon=osd\.0,\S*type_instance=(\S+) value=([0-9.]+)")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
            listener.bind(("127.0.0.1", 0))
            listener.settimeout(0.5)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
            self.cluster.ceph("config", "set", "mgr", "mgr/telegraf/address",
                              f"udp://127.0.0.1:{listener.getsockname()[1]}")
            self.cluster.ceph("config", "set", "mgr", "mgr/telegraf/interval", "5")
            self.cluster.ceph("mgr", "module", "enable", "telegraf")

            def arrived():
                try:
                    while True:
                        found = line.match(listener.recv(1 << 16).decode())
                        if found:
                            told[found[1]] = float(found[2])
                except socket.timeout:
                    return told.get("osd.op_w") == perf["op_w"] and "bluestore.commit_lat" in told
            # The manager begins anew with the module, and sends ten seconds later.
            wait_for("the manager to know them", arrived, pause=0)
        self.cluster.ceph("mgr", "module", "disable", "telegraf")
        self.assertEqual(told["osd.op_in_bytes"], perf["op_in_bytes"])
        self.assertEqual(told["osd.stat_bytes"], perf["stat_bytes"])
        self.assertNotIn("osd.subop_w", told)

    def test_histories_tell_the_events_in_order(self):
        self.put("events")
        ops = self.cluster.daemon("dump_historic_ops")
        self.assertEqual((ops["size"], ops["duration"]), (20, 600))
        op = next(op for op in self.cluster.daemon("dump_historic_ops_by_duration")["ops"] if "writefull" in op["description"])
        events = op["type_data"]["events"]
        self.assertEqual([event["event"] for event in events], [
            "initiated", "throttled", "header_read", "all_read", "dispatched", "queued_for_pg", "reached_pg",
            "started", "op_commit", "commit_sent", "done"])
        self.assertEqual([event["time"] for event in events], sorted(event["time"] for event in events))
        self.assertAlmostEqual(sum(event["duration"] for event in events[:-1]), op["duration"], 5)
        self.assertEqual(op["type_data"]["flag_point"], "commit sent; apply or cleanup")
        self.assertTrue(op["type_data"]["client_info"]["client"].startswith("client."))
        durations = [op["duration"] for op in self.cluster.daemon("dump_historic_ops_by_duration")["ops"]]
        self.assertEqual(durations, sorted(durations, reverse=True))
        begun = [op["initiated_at"] for op in ops["ops"]]
        self.assertEqual(begun, sorted(begun))
        self.assertEqual(self.cluster.daemon("dump_historic_slow_ops"),
                         {"num to keep": 20, "threshold to keep": 10, "Ops": []})
        for command in ("ops", "dump_ops_in_flight"):
            self.assertEqual(self.cluster.daemon(command), {"ops": [], "num_ops": 0})
        self.assertEqual(self.cluster.daemon("dump_blocked_ops"), {"ops": [], "complaint_time": 30, "num_blocked_ops": 0})
        fast = self.cluster.daemon("why-slow")
        self.assertFalse(fast["are_slow"])
        self.assertTrue(all(op["why"].startswith("it took ") for op in fast["ops"]))

    def test_the_tracker_can_be_off(self):
        self.cluster.daemon("config", "set", "osd_enable_op_tracker", "false")
        found = self.cluster.run("ceph", "daemon", f"{self.cluster.dir}/c/osd.0.asok", "dump_historic_ops", check=False)
        self.assertIn("op_tracker tracking is not enabled now", found.stdout + found.stderr)
        self.cluster.daemon("config", "set", "osd_enable_op_tracker", "true")
        self.cluster.daemon("config", "set", "osd_op_history_size", "3")
        self.put(*[f"t{number}" for number in range(6)])
        self.assertEqual(len(self.cluster.daemon("dump_historic_ops")["ops"]), 3)
        self.cluster.daemon("config", "set", "osd_op_history_size", "20")

    def test_daemonperf_prints_columns(self):
        def heads(*words):
            found = self.cluster.run("ceph", "daemonperf", f"{self.cluster.dir}/c/osd.0.asok", *words, "1", "2")
            return re.sub(r"\x1b\[[0-9;]*m", "", found.stdout).splitlines()
        self.assertIn("--bluestore--", heads()[0])
        self.assertEqual(heads("osd.*")[1].split("|")[0].split()[:2], ["ops", "wr"])

    def test_commands_are_described_as_stock_describes_them(self):
        stock = json.loads((GOLDEN / "stock_commands.json").read_text())
        ours = {}
        for command in self.cluster.daemon("get_command_descriptions").values():
            words = [word for word in command["sig"] if isinstance(word, str)]
            ours.setdefault(" ".join(words), []).append((command["sig"][len(words):], command["help"]))
        here, absent = (ROOT / "Docs/Compatibility.md").read_text().split("### Commands that are not here")
        named = [set(re.findall(r"`([^`]+)`", text)) for text in (here.split("## Commands")[1], absent)]
        for name, (parameters, about) in stock.items():
            self.assertIn(name, named[0] if name in ours else named[1])
            if name in ours and name != "cluster_log":
                self.assertIn((parameters, about), ours[name], name)

    def test_help_is_printed(self):
        stock = json.loads((GOLDEN / "stock_commands.json").read_text())
        ours = self.cluster.daemon("help")
        for text in (self.cluster.run("ceph", "tell", "osd.0", "help").stdout, json.dumps(ours)):
            for name in ("why-slow", "bench", "dump_historic_ops", "config diff get", "bluestore allocator score block"):
                self.assertIn(name, text)
        self.assertTrue(all(about == stock[name][1] for name, about in ours.items() if name in stock and about))

    def test_bench_writes_what_it_says(self):
        before = self.perf("bluestore")
        found = json.loads(self.cluster.ceph("tell", "osd.0", "bench", "409600", "4096"))
        self.assertEqual((found["bytes_written"], found["blocksize"]), (409600, 4096))
        self.assertAlmostEqual(found["bytes_per_sec"], 409600 / found["elapsed_sec"], delta=found["bytes_per_sec"] / 1000)
        self.assertAlmostEqual(found["iops"], found["bytes_per_sec"] / 4096, delta=1)
        after = self.perf("bluestore")
        self.assertGreaterEqual(after["bluestore_txc"] - before["bluestore_txc"], 100)
        self.assertLess(after["bluestore_stored"] - before["bluestore_stored"], 409600)
        objects = json.loads(self.cluster.ceph("tell", "osd.0", "bench", "1048576", "65536", "262144", "3"))
        self.assertEqual(objects["bytes_written"], 1048576)
        refused = self.cluster.run("ceph", "tell", "osd.0", "bench", "1073741824", "4096", check=False)
        self.assertIn("'count' values greater than 12288000", refused.stderr)
        self.assertIn("are capped at", self.cluster.run("ceph", "tell", "osd.0", "bench", "1", "1000000000", check=False).stderr)

    def test_caches_can_be_looked_at_and_dropped(self):
        daemon = self.cluster.daemon
        self.put("c0", "c1")
        for name in ("c0", "c1"):
            self.cluster.rados("p", "get", name, "-", text=False)
        status, pools = daemon("cache", "status"), daemon("dump_mempools")["mempool"]
        self.assertGreaterEqual(status["object_ctx"], 2)
        self.assertGreater(status["bluestore_onode"], 1)
        data = pools["by_pool"]["bluestore_cache_data"]
        self.assertEqual(data["bytes"], data["items"] * 4096)
        self.assertEqual(pools["total"]["bytes"], sum(pool["bytes"] for pool in pools["by_pool"].values()))
        self.cluster.run("ceph", "daemon", f"{self.cluster.dir}/c/osd.0.asok", "cache", "drop")
        dropped = daemon("cache", "status")
        self.assertEqual((dropped["object_ctx"], dropped["bluestore_buffers"]), (0, 0))
        self.assertLess(dropped["bluestore_onode"], status["bluestore_onode"])
        self.assertEqual(self.cluster.rados("p", "get", "c0", "-", text=False).stdout, self.data.read_bytes())

    def test_the_store_tells_of_its_space(self):
        daemon = self.cluster.daemon
        free = daemon("bluestore", "allocator", "dump", "block")
        self.assertEqual((free["capacity"], free["alloc_unit"]), (3 << 30, 4096))
        total = sum(int(run["length"], 16) for run in free["extents"])
        self.assertGreater(total, self.perf()["stat_bytes_avail"])
        self.assertLess(total, 3 << 30)
        for command in ("score", "fragmentation"):
            rating = daemon("bluestore", "allocator", command, "block")["fragmentation_rating"]
            self.assertTrue(0 <= rating < 0.5, rating)
        self.assertGreater(daemon("bluestore", "bluefs", "device", "info")["dev"]["bluefs_used"], 0)
        self.assertGreater(daemon("compact")["elapsed_time"], 0)

    def test_what_the_osd_knows_of_the_cluster(self):
        daemon = self.cluster.daemon
        pools = {pool["pool"] for pool in self.cluster.ceph_json("osd", "dump")["pools"]}
        self.assertEqual(set(daemon("get_mapped_pools")), pools)
        self.cluster.ceph("osd", "blocklist", "add", "127.0.0.9:0/77")
        epoch = self.cluster.ceph_json("osd", "dump")["epoch"]
        self.cluster.run("ceph", "daemon", f"{self.cluster.dir}/c/osd.0.asok", "get_latest_osdmap")
        self.assertGreaterEqual(daemon("status")["newest_map"], epoch)
        # A manager that began anew has its predecessor there too.
        self.assertIn(("127.0.0.9:0", 77), [(entry["entity_addr_t"]["addr"], entry["entity_addr_t"]["nonce"])
                                            for entry in daemon("dump_blocklist")])
        wait_for("all PGs clean", lambda: {pg["currently"] for pg in daemon("dump_pgstate_history")["pgs"]}
                 == {"Started/Primary/Active/Clean"})
        history = daemon("dump_pgstate_history")["pgs"]
        self.assertEqual({pg["currently"] for pg in history}, {"Started/Primary/Active/Clean"})
        self.assertEqual(len(history), self.perf()["numpg"])
        self.assertEqual([visit["states"][0]["state"] for visit in history[0]["history"]][:2], ["Initial", "Reset"])
        active = next(stage for stage in daemon("dump_pg_recovery_stats")
                      if stage["nested_states"] == ["Started", "Primary", "Active", "Activating"])
        self.assertEqual(active["enter"], len(history))
        idle = {"max_allowed": 1, "min_priority": 0, "queues": [], "in_progress": []}
        self.assertEqual(daemon("dump_recovery_reservations"), {"local_reservations": idle, "remote_reservations": idle})
        self.assertEqual(daemon("dump_watchers"), [])
        self.assertEqual(set(daemon("dump_op_pq_state")["OSD:ShardedOpWQ:0"]), {"high_queues", "queues"})
        facts = daemon("metadata")
        self.assertEqual(facts["hostname"], os.uname().nodename.split(".")[0])
        self.assertEqual((facts["front_iface"], facts["back_iface"]), ("lo", "lo"))
        self.assertEqual(["/dev/" + name for name in facts["devices"].split(",")],
                         [device["device"] for device in daemon("list_devices")])
        self.assertEqual(self.cluster.ceph_json("osd", "metadata", "0")["devices"], facts["devices"])
        self.cluster.ceph("tell", "osd.0", "cluster_log", "info", "hello", "there")
        wait_for("the line in the cluster's log", lambda: (
            "hello there" in self.cluster.ceph("log", "last", "50", "info", "cluster")), pause=0.5)

    def test_the_log_can_be_reopened(self):
        path = pathlib.Path(f"{self.cluster.dir}/c/osd.0.log")
        path.rename(f"{path}.1")
        for command in ("flush", "dump", "reopen"):
            self.assertEqual(self.cluster.daemon("log", command), {})
        wait_for("a new file", path.exists)
        heap = self.cluster.ceph("tell", "osd.0", "heap", "stats")
        self.assertIn("Bytes in use by application", heap)


class Three(unittest.TestCase):
    """Two OSDs under test beside a stock one, all of them with every PG."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(osds=3, port=26800, size=3 << 30, osd_bin=f"{OSD_BIN},{OSD_BIN},ceph-osd", settings=[
            "mgr stats period = 1", "osd pool default size = 3", "osd pool default min size = 2",
            "osd op complaint time = 1", "osd op history slow op threshold = 1", "osd heartbeat grace = 600"])
        cls.addClassCleanup(cls.cluster.stop)
        cls.cluster.wait_up(3)
        cls.cluster.stop_device_monitoring()
        cls.cluster.create_pool("p", pgs=8)
        cls.data = pathlib.Path(cls.cluster.dir) / "data"
        cls.data.write_bytes(os.urandom(BYTES))

    def led_by(self, osd, others=()):
        for number in range(200):
            found = self.cluster.ceph_json("osd", "map", "p", f"n{number}")
            if found["acting"][0] == osd:
                return f"n{number}", found["acting"]
        self.fail(f"osd.{osd} leads no PG")

    def perf(self, osd):
        return self.cluster.daemon("perf", "dump", "osd", osd=osd)["osd"]

    def test_replicas_count_their_part(self):
        name, _ = self.led_by(0)
        time.sleep(2)
        before = [self.perf(osd) for osd in range(2)]
        for _ in range(COUNT):
            self.cluster.rados("p", "put", name, self.data)
        led, followed = [changes(before[osd], self.perf(osd)) for osd in range(2)]
        self.assertEqual((led["op_w"], led.get("subop")), (COUNT, None))
        for counter in ("subop", "subop_w", "subop_latency", "subop_w_latency"):
            self.assertEqual(followed[counter], COUNT, counter)
        self.assertGreaterEqual(followed["subop_w_in_bytes"], COUNT * BYTES)
        self.assertNotIn("op_w", followed)

    def test_histories_name_the_copies(self):
        name, acting = self.led_by(0)
        self.cluster.rados("p", "put", name, self.data)
        op = next(op for op in self.cluster.daemon("dump_historic_ops", osd=0)["ops"] if f":{name}:" in op["description"])
        events = [event["event"] for event in op["type_data"]["events"]]
        peers = ",".join(str(osd) for osd in sorted(acting[1:]))
        self.assertEqual(events[7:9], ["started", f"waiting for subops from {peers}"])
        self.assertEqual(sorted(events[9:12]), ["op_commit", "sub_op_commit_rec", "sub_op_commit_rec"])
        self.assertEqual(events[12:], ["commit_sent", "done"])
        orders = [op for op in self.cluster.daemon("dump_historic_ops", osd=1)["ops"]
                  if op["description"].startswith("osd_repop(client.")]
        self.assertTrue(orders)
        self.assertEqual([event["event"] for event in orders[0]["type_data"]["events"]][-3:],
                         ["op_commit", "commit_sent", "done"])

    def test_pings_are_told(self):
        def pings():
            return self.cluster.daemon("dump_osd_network", "0", osd=0)["entries"]
        wait_for("a minute of pings", lambda: len(pings()) == 4, pause=2)
        self.assertEqual({(ping["to osd"], ping["interface"]) for ping in pings()},
                         {(osd, network) for osd in (1, 2) for network in ("front", "back")})
        for ping in pings():
            self.assertLessEqual(ping["min"]["1min"], ping["average"]["1min"])
            self.assertLessEqual(ping["average"]["1min"], ping["max"]["1min"])
        self.assertEqual(self.cluster.daemon("dump_osd_network", "100000", osd=0)["entries"], [])

    def test_a_slow_copy_is_told_of_and_named(self):
        name, acting = self.led_by(0)
        slow = 2
        self.assertIn(slow, acting)
        self.cluster.signal(slow, signal.SIGSTOP)
        try:
            writer = subprocess.Popen(["rados", "-p", "p", "put", name, str(self.data)], env=self.cluster.env,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            wait_for("a blocked op", lambda: self.cluster.daemon("dump_blocked_ops", osd=0)["num_blocked_ops"] == 1)
            found = self.cluster.daemon("why-slow", osd=0)
            self.assertTrue(found["are_slow"])
            self.assertEqual(found["ops"][0]["peer"], slow)
            self.assertRegex(found["ops"][0]["why"], r"^[0-9.]+ of [0-9.]+ s so far for osd\.2 to make its copy durable")
            self.assertEqual(self.cluster.daemon("dump_ops_in_flight", osd=0)["ops"][0]["type_data"]["flag_point"],
                             "waiting for sub ops")
            wait_for("SLOW_OPS in the health", lambda: "SLOW_OPS" in self.cluster.ceph_json("health")["checks"], pause=0.5)
            self.assertIn("osd.0 has slow ops", self.cluster.ceph("health", "detail"))
            wait_for("a line in the cluster's log", lambda: "slow requests (by type [ 'waiting for sub ops' : 1 ]"
                     in self.cluster.ceph("log", "last", "100", "warn", "cluster"), pause=0.5)
        finally:
            self.cluster.signal(slow, signal.SIGCONT)
        self.assertEqual(writer.wait(timeout=240), 0)
        over = self.cluster.daemon("dump_historic_slow_ops", osd=0)["Ops"]
        self.assertIn(f":{name}:", over[-1]["description"])
        found = self.cluster.daemon("why-slow", osd=0)["ops"][0]
        self.assertEqual(found["peer"], slow)
        why = re.fullmatch(r"it took [0-9.]+ s, ([0-9.]+) s of them for osd\.2 to make its copy durable, "
                           r"where the other copies took ([0-9.]+) s", found["why"])
        self.assertTrue(why, found["why"])
        self.assertGreater(float(why[1]), float(why[2]))
        wait_for("no SLOW_OPS any more", lambda: "SLOW_OPS" not in self.cluster.ceph_json("health")["checks"], pause=0.5)


if __name__ == "__main__":
    unittest.main()
