"""Starts the server that is part of web-platform-tests, and never outlives whoever started it.

    python3 -I -S -B serve.py TESTS_ROOT CONFIG_JSON

It runs from a plain checkout with nothing but Python's standard library. The runner starts it as the leader of
its own process group and keeps the other end of its standard input: when that closes, because the runner is done
or because it was killed, the servers are asked to stop, and what has not stopped after GRACE seconds is killed.
Then the folder of this file and its configuration, which is the run's own, goes away too.
"""

import os
import shutil
import signal
import sys
import threading
import time

GRACE = 8
PARENT_IS_DONE = threading.Event()
HERE = os.path.dirname(os.path.abspath(__file__))


def remove_folder():
    """Removes the run's folder; a browser that is ending still writes into it for a moment."""
    deadline = time.monotonic() + GRACE
    while os.path.isdir(HERE) and time.monotonic() < deadline:
        shutil.rmtree(HERE, ignore_errors=True)
        time.sleep(0.1)


def stop_with_parent():
    """Waits for the end of standard input, then stops this process and in the end its whole group."""
    while os.read(0, 4096):
        pass
    PARENT_IS_DONE.set()
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Timer(2 * GRACE, os.killpg, (os.getpgrp(), signal.SIGKILL)).start()


class EndsWhenClosed:
    """A socket that says so in the words which the tests' HTTP/2 server understands when its other end has closed:
    that server compares with '' and would otherwise ask b'' of a closed connection for ever, a core's worth."""

    def __init__(self, connection):
        self.connection = connection

    def recv(self, size):
        return self.connection.recv(size) or ""

    def __getattr__(self, name):
        return getattr(self.connection, name)


def end_closed_http2_connections():
    """In the servers' own processes: see EndsWhenClosed."""
    from wptserve import server

    handle = server.Http2WebTestRequestHandler.handle_one_request

    def handle_one_request(self):
        self.request = EndsWhenClosed(self.request)
        handle(self)

    server.Http2WebTestRequestHandler.handle_one_request = handle_one_request


def main():
    root, config = sys.argv[1], sys.argv[2]
    # SIGTERM ends it as an interrupt from a terminal would: the server's own way to stop its children.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Only the leader of a group of its own may end the group.
    if os.getpgrp() == os.getpid():
        threading.Thread(target=stop_with_parent, daemon=True).start()
    sys.path.insert(0, os.path.join(root, "tools"))
    import localpaths  # noqa: F401  (puts the tests' own libraries on sys.path)

    sys.path.insert(0, root)
    from tools.serve import serve

    arguments = serve.get_parser().parse_args(["--config", config])
    try:
        return serve.run(**vars(arguments))
    finally:
        if PARENT_IS_DONE.is_set():
            remove_folder()


if __name__ == "__mp_main__":
    end_closed_http2_connections()

if __name__ == "__main__":
    # Children are spawned: they import this file again under another name. A timer may still be waiting.
    status = main()
    sys.stdout.flush()
    os._exit(1 if status else 0)
