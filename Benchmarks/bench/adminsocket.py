"""A daemon's admin socket, asked directly: `ceph daemon` itself takes a third of a second of CPU."""
import json
import socket
import struct

SECONDS = 120


def ask(path, prefix, seconds=SECONDS, **arguments):
    """The answer to a command as JSON; None if it is no JSON."""
    request = json.dumps({"prefix": prefix, "format": "json", **arguments}).encode() + b"\0"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(seconds)
        connection.connect(path)
        connection.sendall(request)
        length, = struct.unpack(">I", _receive(connection, 4))
        answer = _receive(connection, length)
    try:
        return json.loads(answer)
    except ValueError:
        return None


def _receive(connection, count):
    received = b""
    while len(received) < count:
        piece = connection.recv(count - len(received))
        if not piece:
            raise ConnectionError(f"the admin socket closed after {len(received)} of {count} bytes")
        received += piece
    return received
