"""A small Maelstrom: carries lines between hosts in virtual time, and asks as its clients do."""

import json
from heapq import heappop, heappush
from itertools import count

from distsys.maelstrom import Alarm, Host

TRAVEL_S = 0.002


class Workbench:
    """Hosts of nodes, initialised as Maelstrom does it.

    Attributes:
        hosts: by the name of the node.
        replies: what clients heard, by their name and the number of the request.
        traffic: every message that a node sent, as it stood in its line.
    """

    def __init__(self, factories, services=None):
        self.now, self.numbers, self.agenda = 0.0, count(1), []
        self.replies, self.traffic, self.log = {}, [], []
        self.services = services or {}
        self.hosts = {
            name: Host(factory, self.carry, self.log.append, self.later, seed=1)
            for name, factory in factories.items()
        }
        for name in factories:
            self.ask("c0", name, type="init", node_id=name, node_ids=list(factories))

    @property
    def nodes(self):
        return {name: host.life.node for name, host in self.hosts.items() if host.life}

    def later(self, seconds, action):
        alarm = Alarm(action)
        heappush(self.agenda, (self.now + seconds, next(self.numbers), alarm))
        return alarm

    def ask(self, client, node, **body):
        """Let a client send a request; returns its number."""
        number = next(self.numbers)
        self.deliver({"src": client, "dest": node, "body": {**body, "msg_id": number}})
        return number

    def deliver(self, envelope):
        line = json.dumps(envelope).encode()
        self.later(TRAVEL_S, lambda: self.hosts[envelope["dest"]].hear(line))

    def carry(self, line):
        envelope = json.loads(line)
        dest, body = envelope["dest"], envelope["body"]
        self.traffic.append(envelope)
        if dest in self.hosts:
            self.deliver(envelope)
        elif dest in self.services:
            answer = {**self.services[dest](body), "in_reply_to": body["msg_id"]}
            self.deliver({"src": dest, "dest": envelope["src"], "body": answer})
        else:
            self.replies[dest, body["in_reply_to"]] = body

    def until(self, predicate, within_s=10.0):
        """Let time pass until something is so, or the time is over."""
        end = self.now + within_s
        while not (self.nodes.keys() == self.hosts.keys() and predicate()):
            if not self.agenda or self.agenda[0][0] > end:
                return
            self.now, _, alarm = heappop(self.agenda)
            alarm.action()

    def answer(self, client, node, **body):
        """What a client hears when it asks this."""
        number = self.ask(client, node, **body)
        self.until(lambda: (client, number) in self.replies)
        reply = dict(self.replies[client, number])
        assert reply.pop("in_reply_to") == number
        return reply
