"""Scripts/bench: what it counts, how it judges, and what a run leaves behind."""
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.dom.minidom

from harness import OSD_BIN, ROOT

sys.path.insert(0, str(ROOT / "Benchmarks"))
from bench import profile, runner, suites, thresholds, works  # noqa: E402
from bench.summary import Samples  # noqa: E402


class Parts(unittest.TestCase):
    def test_works_are_read_from_their_names(self):
        work = works.parse("o64k@4:1000")
        self.assertEqual((work.name, work.kind, work.size, work.depth, work.bound.ops),
                         ("o64k@4", "o", 65536, 4, 1000))
        timed = works.parse("x4k:60s")
        self.assertEqual((timed.name, timed.depth, timed.bound.seconds, timed.bound.is_counted),
                         ("x4k:60s", 16, 60, False))
        for bad in ("", "q4k", "w4g", "w4k@", "w4k:s"):
            with self.assertRaises(ValueError):
                works.parse(bad)

    def test_ratios_are_of_medians(self):
        samples = Samples(["ours", "versus"])
        for ours, versus in ((1, 10), (2, 10), (90, 40)):
            samples.add("w4k", "ours", {"cpu_all_us": ours})
            samples.add("w4k", "versus", {"cpu_all_us": versus})
        self.assertEqual(samples.ratio("w4k", "cpu_all_us"), 0.2)
        self.assertEqual(samples.spread("w4k", "cpu_all_us", "ours"), (1, 90))
        self.assertTrue(math.isnan(samples.ratio("w4k", "iops")))

    def test_a_bound_is_met_missed_or_broken(self):
        for value, is_met, is_broken in ((0.2, True, False), (0.3, False, False), (0.7, False, True)):
            samples = Samples(["ours", "versus"])
            samples.add("w4k", "ours", {"cpu_all_us": value})
            samples.add("w4k", "versus", {"cpu_all_us": 1})
            verdict, = thresholds.judge("one", samples)
            self.assertEqual((verdict.is_met, verdict.is_broken), (is_met, is_broken), value)

    def test_a_daemon_is_compared_with_itself_where_its_suite_says_so(self):
        run = runner.Run("scale", suites.SUITES["scale"], {"ours": OSD_BIN})
        for part, session in run.sessions.items():
            self.assertEqual(list(session.sides), ["ours", "baseline"])
            (name, value), = session.sides["baseline"].otherwise.items()
            self.assertEqual(str(session.sides["baseline"]), f"{pathlib.Path(OSD_BIN).name} {name}={value}")
            self.assertGreater(getattr(session.setting, name), value)
            self.assertEqual({t.work for t in thresholds.load(part)}, {work.name for work in session.setting.works})

    def test_a_sample_belongs_to_the_innermost_that_says_what_it_does(self):
        store, messenger = "$s10BlockStore9PartitionC", "$s9Messaging10ConnectionC7receive"
        self.assertEqual(profile.step_of("reactor-0", ["malloc", store, messenger]), profile.STORE)
        self.assertEqual(profile.step_of("reactor-0", ["copy", "tcp_sendmsg", store]), profile.SEND)
        self.assertEqual(profile.step_of("bstore_kv_sync", ["[unknown]"]), profile.COMMIT)
        self.assertEqual(profile.step_of("stranger", ["[unknown]"]), profile.OTHER)


class Run(unittest.TestCase):
    def test_both_sides_do_the_same_ops_and_the_results_are_written(self):
        with tempfile.TemporaryDirectory() as results:
            run = subprocess.run(
                [ROOT / "Scripts/bench", "--osd", OSD_BIN, "--versus", OSD_BIN, "--work", "w4k,o4k:40,o4k@4:40,s4k:100",
                 "--rounds", "1", "--seconds", "1", "--objects", "50", "--port", "26900", "--results", results],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=1200)
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertIn("verdict:", run.stdout)
            directory, = pathlib.Path(results).iterdir()
            found = json.loads((directory / "results.json").read_text())["parts"]["one"]["works"]
            for chart in ("latency-against-load", "percentiles"):
                xml.dom.minidom.parse(str(directory / f"{chart}-one.svg"))
        for work, ops in (("w4k", found["w4k"]["ops"]["versus"][0]), ("o4k", 40), ("s4k", 100)):
            self.assertEqual(found[work]["ops"], {"ours": [ops], "versus": [ops]}, work)
        self.assertGreater(found["w4k"]["ops"]["ours"][0], 16)
        for figure in ("cpu_us", "cpu_all_us", "lat_ms", "flushes"):
            self.assertGreater(found["o4k"][figure]["ours"][0], 0, figure)
        self.assertLess(found["s4k"]["lat_ms"]["ours"][0], found["s4k"]["max_ms"]["ours"][0])

    def test_many_clients_take_turns(self):
        with tempfile.TemporaryDirectory() as results:
            run = subprocess.run(
                [ROOT / "Scripts/bench", "--osd", OSD_BIN, "--work", "o4k:40,s4k:100", "--connections", "7",
                 "--rounds", "1", "--objects", "50", "--port", "26900", "--results", results],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=1200)
            self.assertEqual(run.returncode, 0, run.stderr)
            directory, = pathlib.Path(results).iterdir()
            found = json.loads((directory / "results.json").read_text())["parts"]["one"]["works"]
        for work, ops in (("o4k", 40), ("s4k", 100)):
            self.assertEqual(found[work]["ops"], {"ours": [ops]}, work)
            for figure in ("iops", "lat_ms", "cpu_us", "client_cores"):
                self.assertGreater(found[work][figure]["ours"][0], 0, (work, figure))

    def test_a_suite_of_one_daemon_takes_no_other(self):
        run = subprocess.run([ROOT / "Scripts/bench", "--osd", OSD_BIN, "--versus", OSD_BIN, "--suite", "scale"],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=240)
        self.assertEqual(run.returncode, 2)
        self.assertIn("leave out --versus", run.stderr)

    def test_an_unknown_program_is_refused(self):
        run = subprocess.run([ROOT / "Scripts/bench", "--osd", "/nowhere/loligo-osd"], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True, timeout=240)
        self.assertEqual(run.returncode, 2)
        self.assertIn("there is no program /nowhere/loligo-osd", run.stderr)


if __name__ == "__main__":
    unittest.main()
