"""Tiny servers that run inside the sandbox, and the way to talk to them."""

from __future__ import annotations

import asyncio
import ctypes
import os
import struct
import threading
import time

LENGTH = struct.Struct("<I")


def python(sock):
    """Execute each request as Python; answer with what it left in ``answer``, or with its exception."""
    names = {}
    requests = sock.makefile("rb", buffering=0)
    while header := requests.read(4):
        source = b""
        while len(source) < LENGTH.unpack(header)[0]:
            source += requests.read(LENGTH.unpack(header)[0] - len(source))
        try:
            names["answer"] = None
            exec(source, names)
            answer = repr(names["answer"])
        except BaseException as error:
            answer = f"{type(error).__name__}: {error}"
        sock.sendall(LENGTH.pack(len(answer.encode())) + answer.encode())


def drips(sock):
    """Send a byte now and then, for ever."""
    sock.recv(1)
    while True:
        sock.sendall(b".")
        time.sleep(0.02)


def ends_at_once(sock):
    """Return without serving."""


def shares_nothing_but_a_loop(sock):
    """Refuse to be forked while an asyncio task is pending."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(asyncio.sleep(60))
    loop.run_until_complete(asyncio.sleep(0))
    sock.refuses = lambda: "" if task.done() else "an asyncio task is pending"
    python(sock)


def with_a_thread(sock):
    """Serve while a thread holds a lock that nobody else will ever release."""
    lock = threading.Lock()

    def hold():
        with lock:
            time.sleep(3600)

    threading.Thread(target=hold, daemon=True).start()
    while not lock.locked():
        time.sleep(0.001)
    python(sock)


def crashes_natively(sock):
    """Read address 0."""
    os.write(2, b"about to crash\n")
    ctypes.string_at(0)
