"""Small protocols that explorations in many tests use."""

from distsys.node import Node, message, on


@message
class RequestVote:
    term: int


@message
class Vote:
    term: int
    granted: bool


@message
class Heartbeat:
    term: int


class RaftElection(Node):
    """The election of Raft, without a log, up to a last term."""

    durable = ("term", "voted_for")
    last_term = 2

    def __init__(self):
        self.term = 0
        self.voted_for = None
        self.role = "follower"
        self.votes = frozenset()

    def on_start(self):
        self.set_timer("election", 150, 300)

    def adopt(self, term):
        if term > self.term:
            self.term, self.voted_for = term, None
            self.step_down()

    def step_down(self):
        self.role, self.votes = "follower", frozenset()

    def may_vote_for(self, candidate):
        return self.voted_for in (None, candidate)

    @on("election")
    def stand_for_election(self):
        self.set_timer("election", 150, 300)
        if self.role != "leader" and self.term < self.last_term:
            self.term += 1
            self.role, self.voted_for, self.votes = "candidate", self.id, frozenset({self.id})
            self.broadcast(RequestVote(self.term))

    @on(RequestVote)
    def vote(self, src, request):
        self.adopt(request.term)
        granted = request.term == self.term and self.may_vote_for(src)
        if granted:
            self.voted_for = src
        self.send(src, Vote(self.term, granted))

    @on(Vote)
    def count(self, src, vote):
        self.adopt(vote.term)
        if self.role == "candidate" and vote.granted and vote.term == self.term:
            self.votes |= {src}
            if 2 * len(self.votes) > len(self.peers) + 1:
                self.role, self.votes = "leader", frozenset()
                self.broadcast(Heartbeat(self.term))

    @on(Heartbeat)
    def follow(self, src, heartbeat):
        self.adopt(heartbeat.term)
        if heartbeat.term == self.term and self.role == "candidate":
            self.step_down()


class OneTerm(RaftElection):
    """The same election up to term 1."""

    last_term = 1


class DoubleVote(RaftElection):
    """Votes for everyone who asks."""

    def may_vote_for(self, candidate):
        return True


class ForgottenVote(RaftElection):
    """Remembers its term over a crash, but not its vote."""

    durable = ("term",)


def one_leader_a_term(nodes):
    terms = [node.term for node in nodes.values() if node.role == "leader"]
    return len(terms) == len(set(terms))


@message
class Prepared:
    pass


@message
class Commit:
    pass


@message
class Abort:
    pass


class Manager(Node):
    """The transaction manager of two-phase commit (Gray and Lamport, Consensus on Transaction Commit)."""

    def __init__(self):
        self.state = "waiting"
        self.prepared = set()

    def on_start(self):
        self.set_timer("abort", 10)

    @on(Prepared)
    def hear(self, src, prepared):
        if self.state == "waiting":
            self.prepared.add(src)
            if len(self.prepared) == len(self.peers):
                self.set_timer("commit", 10)

    @on("commit")
    def commit(self):
        self.decide("committed", Commit())

    @on("abort")
    def abort(self):
        self.decide("aborted", Abort())

    def decide(self, state, decision):
        self.state = state
        self.cancel_timer("commit")
        self.cancel_timer("abort")
        self.broadcast(decision)


class Resource(Node):
    """A resource manager: prepares or gives up when it likes, then obeys."""

    def __init__(self):
        self.state = "working"

    def on_start(self):
        self.set_timer("prepare", 10)
        self.set_timer("give up", 10)

    def become(self, state):
        self.state = state
        self.cancel_timer("prepare")
        self.cancel_timer("give up")

    @on("prepare")
    def prepare(self):
        self.become("prepared")
        self.send("manager", Prepared())

    @on("give up")
    def give_up(self):
        self.become("aborted")

    @on(Commit)
    def commit(self, src, decision):
        self.become("committed")

    @on(Abort)
    def abort(self, src, decision):
        self.become("aborted")


def two_phase_commit(size):
    return {"manager": Manager} | {f"r{number}": Resource for number in range(1, size + 1)}


def all_agree(nodes):
    return not {"committed", "aborted"} <= {node.state for node in nodes.values()}


@message
class Query:
    pass


@message
class Answer:
    stamp: tuple[int, str]
    value: int


@message
class Store:
    stamp: tuple[int, str]
    value: int


@message
class Stored:
    pass


class RegisterServer(Node):
    """One copy of a shared register (Attiya, Bar-Noy and Dolev, 1995)."""

    def __init__(self):
        self.stamp, self.value = (0, ""), 0

    @on(Query)
    def answer(self, src, query):
        self.send(src, Answer(self.stamp, self.value))

    @on(Store)
    def store(self, src, store):
        if store.stamp > self.stamp:
            self.stamp, self.value = store.stamp, store.value
        self.send(src, Stored())


class RegisterClient(Node):
    """Asks a majority for the newest value, and stores it at a majority before it is done."""

    writes_back = True

    def __init__(self):
        self.phase, self.newest, self.heard = "idle", ((0, ""), 0), frozenset()

    def on_start(self):
        self.set_timer("go", 1)

    def servers(self):
        return [peer for peer in self.peers if peer.startswith("s")]

    @on("go")
    def go(self):
        self.phase = "query"
        self.call()
        self.broadcast(Query(), self.servers())

    @on(Answer)
    def hear(self, src, answer):
        if self.phase == "query":
            self.newest = max(self.newest, (answer.stamp, answer.value))
            self.heard |= {src}
            if 2 * len(self.heard) > len(self.servers()):
                self.newest = self.decide()
                self.phase, self.heard = "store", frozenset()
                if self.writes_back:
                    self.broadcast(Store(*self.newest), self.servers())
                else:
                    self.finish()

    @on(Stored)
    def done(self, src, stored):
        if self.phase == "store":
            self.heard |= {src}
            if 2 * len(self.heard) > len(self.servers()):
                self.finish()

    def finish(self):
        value = self.newest[1]
        self.phase, self.heard, self.newest = "done", frozenset(), ((0, ""), 0)
        self.reply(value)


class RegisterWriter(RegisterClient):
    """Writes 1."""

    def call(self):
        self.note("call", kind="write", argument=1)

    def decide(self):
        (number, _), _ = self.newest
        return (number + 1, self.id), 1

    def reply(self, value):
        self.note("return")


class RegisterReader(RegisterClient):
    """Reads once."""

    def call(self):
        self.note("call", kind="read")

    def decide(self):
        return self.newest

    def reply(self, value):
        self.note("return", result=value)


class HastyReader(RegisterReader):
    """Reads without writing back what it read."""

    writes_back = False


def shared_register(*clients):
    servers = {f"s{number}": RegisterServer for number in range(1, 4)}
    return servers | {f"c{number}": client for number, client in enumerate(clients, 1)}


@message
class Put:
    value: int


@message
class Get:
    pass


@message
class Reply:
    value: int


class Cell(Node):
    """A register that every client may ask."""

    def __init__(self):
        self.value = 0

    @on(Put)
    def put(self, src, put):
        self.value = put.value
        self.send(src, Reply(put.value))

    @on(Get)
    def get(self, src, get):
        self.send(src, Reply(self.value))
