"""perf dump on standard input, of one daemon or several after each other: how many flushes they did.

loligo-osd counts what the device was asked; of ceph-osd it is the rounds of the thread that commits
(`kv_sync_thread`), each of which flushes once or more.
"""
import json
import sys

text = sys.stdin.read()
decoder = json.JSONDecoder()
flushes = 0
while text.strip():
    dump, end = decoder.raw_decode(text.lstrip())
    text = text.lstrip()[end:]
    ours = dump.get("device", {}).get("flushes")
    stock = dump.get("bluestore", {}).get("kv_flush_lat", {}).get("avgcount", 0)
    flushes += stock if ours is None else ours
print(flushes)
