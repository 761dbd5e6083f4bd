"""What another OSD says and nobody can read: this daemon ends if that really is one of the cluster's, so that
others take over; anybody else is cut off."""
import pathlib
import re
import unittest

import rawclient
from harness import IS_STOCK, OSD_BIN, Cluster, is_running, wait_for

MSG_OSD_REPOP = 112


@unittest.skipIf(IS_STOCK, "the stock OSD has words of its own for it")
class BadPeers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(osds=2, auth="none", port=28600, osd_bin=OSD_BIN)
        cls.cluster.wait_up(2)

    @classmethod
    def tearDownClass(cls):
        cls.cluster.stop()

    def cluster_address(self, osd):
        """Port and nonce among OSDs."""
        info = next(o for o in self.cluster.ceph_json("osd", "dump")["osds"] if o["osd"] == osd)
        known = next(a for a in info["cluster_addrs"]["addrvec"] if a["type"] == "v2")
        return int(known["addr"].rsplit(":", 1)[1]), known["nonce"]

    def say_nonsense(self, osd, own):
        port, nonce = self.cluster_address(0)
        peer = rawclient.Connection(port, nonce, name=(rawclient.OSD, str(osd).encode()), own=own)
        self.addCleanup(peer.close)
        peer.send_message(MSG_OSD_REPOP, b"not an order", version=3, compat=1)
        return peer

    def last_words(self):
        log = pathlib.Path(f"{self.cluster.dir}/c/osd.0.log").read_text(errors="replace")
        return [line for line in log.splitlines() if re.search(r"osd_repop of osd\.\d+ cannot be read", line)]

    def test_a_peer_is_believed_to_mean_something_and_others_are_not(self):
        pid = self.cluster.pid("osd.0")
        port, nonce = self.cluster_address(1)
        for osd, own in (7, (port, nonce)), (1, (port + 1, nonce)), (1, (port, nonce + 1)):
            with self.subTest(osd=osd, own=own):
                before = len(self.last_words())
                peer = self.say_nonsense(osd, own)
                wait_for("a line", lambda: len(self.last_words()) > before)
                self.assertTrue(self.last_words()[-1].endswith("closing"), self.last_words()[-1])
                with self.assertRaises(OSError):
                    while peer.read_frame():
                        pass
                self.assertTrue(is_running(pid))
        self.say_nonsense(1, (port, nonce))
        wait_for("the end of osd.0", lambda: not is_running(pid))
        self.assertTrue(self.last_words()[-1].endswith("stopping"), self.last_words()[-1])
        self.cluster.start_osd(0)
        self.cluster.wait_up(2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
