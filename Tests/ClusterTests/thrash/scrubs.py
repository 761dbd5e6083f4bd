"""Scrubs of a thrash: asked for while it goes on, and of every PG at its end.

What OSDs say of errors in the cluster's log is held against what was damaged on purpose: an error of
anything else is a finding.
"""
import re
import time

from .pgs import pg_rows

KINDS = ("scrub", "deep-scrub", "deep-scrub", "repair")
LISTEN_SECONDS = 10
ALL_SECONDS = 600  # for a deep scrub of every PG
ASK_SECONDS = 30   # until what was not scrubbed yet is asked for again
OBJECT = re.compile(r"\b(\d+):[0-9a-f]{8}:[^:]*:[^:]*:([^:]+):")
SUMMARY = re.compile(r"(scrub|repair) \d+ (errors|missing)")
UNFOUND = "objects unfound and apparently lost"
UNFOUND_SECONDS = 60  # for what is said of a copy that cannot be read to be heard


class Scrubs:
    def __init__(self, cluster, admin, findings, say):
        self.cluster, self.admin, self.findings, self.say = cluster, admin, findings, say
        self.damaged = set()  # names of objects of which a copy was, at any time
        self.last_damage = 0  # when there was a copy that could not be read
        self.heard, self.listened = set(), 0
        self.errors = 0

    def ask(self, kind, pgid):
        code, _, words = self.admin.manager(f"pg {kind}", pgid=pgid)
        self.say(f"{kind} of {pgid}" + (f": refused, {code} {words}" if code else ""))

    # MARK: what OSDs say

    def listen(self, now=False):
        """New lines of the cluster's log that OSDs wrote as errors."""
        if not now and time.monotonic() - self.listened < LISTEN_SECONDS:
            return
        self.listened = time.monotonic()
        code, lines, words = self.admin.monitor("log last", num=2000, level="error", channel="cluster")
        if code:
            raise AssertionError(f"log last: {code} {words}")
        for line in lines or []:
            key = (line["name"], line["stamp"], line["seq"])
            if line["name"].startswith("osd.") and key not in self.heard:
                self.heard.add(key)
                self.judge(line)

    def judge(self, line):
        text = line["message"]
        found = OBJECT.search(text)
        if SUMMARY.search(text) and not found:
            return  # What it counts has lines of its own.
        if UNFOUND in text and time.monotonic() - self.last_damage < UNFOUND_SECONDS:
            return  # Of three copies one is away, one cannot be read and one is behind, for a while.
        self.errors += 1
        if not found or found[2] not in self.damaged:
            self.findings.add(f"{line['name']} in the cluster's log at {line['stamp']}: {text}")

    # MARK: all of them

    def all_clean(self):
        """A deep scrub of every PG, which must find nothing."""
        begun, asked = time.monotonic(), -ASK_SECONDS
        before = {row["pgid"]: row["last_deep_scrub_stamp"] for row in pg_rows(self.admin)}
        while time.monotonic() - begun < ALL_SECONDS:
            rows = pg_rows(self.admin)
            left = [row for row in rows if row["last_deep_scrub_stamp"] == before.get(row["pgid"])]
            if rows and not left and not any("scrubbing" in row["state"] for row in rows):
                return self.look_at(rows, time.monotonic() - begun)
            if time.monotonic() - asked > ASK_SECONDS:
                asked = time.monotonic()
                self.admin.manager("osd deep-scrub", who="all")
            time.sleep(2)
        self.findings.add(f"not deep-scrubbed within {ALL_SECONDS} s: "
                          + ", ".join(f"{row['pgid']} {row['state']} {row['acting']}" for row in left))

    def look_at(self, rows, seconds):
        for row in rows:
            if row["stat_sum"]["num_scrub_errors"] or "inconsistent" in row["state"]:
                listed = self.cluster.run("timeout", "20", "rados", "list-inconsistent-obj", row["pgid"], check=False)
                self.findings.add(f"{row['pgid']} {row['state']} {row['acting']} is not clean after the last scrub: "
                                  f"{row['stat_sum']['num_scrub_errors']} errors: {listed.stdout[:2000]}")
        self.listen(now=True)
        self.say(f"deep scrub of {len(rows)} PGs in {seconds:.0f} s; lines of errors in all: {self.errors}")
