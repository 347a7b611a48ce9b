"""Histories written by hand."""

from distsys.history import PENDING, History, Op


def timed(*lines):
    """Operations from lines such as ``A 0 4 write 1``; … means never, an arrow leads to the result."""
    ops = []
    for line in lines:
        before, _, result = line.partition("→")
        client, call, ret, kind, *argument = before.split()
        when = int(call), PENDING if ret == "…" else int(ret)
        ops.append(Op(client, *when, kind, None, _value(argument), _value(result.split())))
    return History(ops)


def _value(words):
    values = tuple({"None": None, "True": True, "False": False}.get(word, word) for word in words)
    values = tuple(int(value) if isinstance(value, str) and value.isdecimal() else value for value in values)
    return values if len(values) > 1 else values[0] if values else None


def told(**clients):
    """A history from words such as ``P1="w(x)1 r(y)2"``; each client does one thing after the other."""
    ops = []
    for client, words in clients.items():
        for at, word in enumerate(words.split()):
            kind, key, value = word[0], word[2], int(word[4:])
            what = ("write", key, value) if kind == "w" else ("read", key, None, value)
            ops.append(Op(client, 2 * at, 2 * at + 1, *what))
    return History(ops)
