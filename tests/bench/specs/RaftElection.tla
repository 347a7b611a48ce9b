---- MODULE RaftElection ----
(* The election of Raft, without a log, up to a last term. The messages are a set: each may be lost, come
   twice and overtake others. The class RaftElection in tests/distsys/protocols.py is the same protocol. *)
EXTENDS Naturals, FiniteSets

CONSTANTS Servers, Nobody, LastTerm

VARIABLES term, votedFor, role, votes, messages

vars == <<term, votedFor, role, votes, messages>>

Init ==
  /\ term = [i \in Servers |-> 0]
  /\ votedFor = [i \in Servers |-> Nobody]
  /\ role = [i \in Servers |-> "follower"]
  /\ votes = [i \in Servers |-> {}]
  /\ messages = {}

RequestVote(i, j, t) == [type |-> "RequestVote", src |-> i, dst |-> j, term |-> t]
Vote(i, j, t, granted) == [type |-> "Vote", src |-> i, dst |-> j, term |-> t, granted |-> granted]
Heartbeat(i, j, t) == [type |-> "Heartbeat", src |-> i, dst |-> j, term |-> t]

StandForElection(i) ==
  /\ role[i] # "leader"
  /\ term[i] < LastTerm
  /\ term' = [term EXCEPT ![i] = @ + 1]
  /\ votedFor' = [votedFor EXCEPT ![i] = i]
  /\ role' = [role EXCEPT ![i] = "candidate"]
  /\ votes' = [votes EXCEPT ![i] = {i}]
  /\ messages' = messages \cup {RequestVote(i, j, term[i] + 1) : j \in Servers \ {i}}

(* What server i knows once it has heard of term t; a newer term makes it a follower that has not voted. *)
Term(i, t) == IF t > term[i] THEN t ELSE term[i]
VotedFor(i, t) == IF t > term[i] THEN Nobody ELSE votedFor[i]
Role(i, t) == IF t > term[i] THEN "follower" ELSE role[i]
Votes(i, t) == IF t > term[i] THEN {} ELSE votes[i]

AnswerRequest(m) ==
  LET i == m.dst
      granted == m.term = Term(i, m.term) /\ VotedFor(i, m.term) \in {Nobody, m.src}
  IN /\ m.type = "RequestVote"
     /\ term' = [term EXCEPT ![i] = Term(i, m.term)]
     /\ votedFor' = [votedFor EXCEPT ![i] = IF granted THEN m.src ELSE VotedFor(i, m.term)]
     /\ role' = [role EXCEPT ![i] = Role(i, m.term)]
     /\ votes' = [votes EXCEPT ![i] = Votes(i, m.term)]
     /\ messages' = messages \cup {Vote(i, m.src, Term(i, m.term), granted)}

CountVote(m) ==
  LET i == m.dst
      counts == Role(i, m.term) = "candidate" /\ m.granted /\ m.term = Term(i, m.term)
      counted == Votes(i, m.term) \cup {m.src}
      wins == counts /\ 2 * Cardinality(counted) > Cardinality(Servers)
  IN /\ m.type = "Vote"
     /\ term' = [term EXCEPT ![i] = Term(i, m.term)]
     /\ votedFor' = [votedFor EXCEPT ![i] = VotedFor(i, m.term)]
     /\ role' = [role EXCEPT ![i] = IF wins THEN "leader" ELSE Role(i, m.term)]
     /\ votes' = [votes EXCEPT ![i] = IF wins THEN {} ELSE IF counts THEN counted ELSE Votes(i, m.term)]
     /\ messages' = IF wins THEN messages \cup {Heartbeat(i, j, m.term) : j \in Servers \ {i}} ELSE messages

Follow(m) ==
  LET i == m.dst
      yields == m.term = Term(i, m.term) /\ Role(i, m.term) = "candidate"
  IN /\ m.type = "Heartbeat"
     /\ term' = [term EXCEPT ![i] = Term(i, m.term)]
     /\ votedFor' = [votedFor EXCEPT ![i] = VotedFor(i, m.term)]
     /\ role' = [role EXCEPT ![i] = IF yields THEN "follower" ELSE Role(i, m.term)]
     /\ votes' = [votes EXCEPT ![i] = IF yields THEN {} ELSE Votes(i, m.term)]
     /\ UNCHANGED messages

Next ==
  \/ \E i \in Servers : StandForElection(i)
  \/ \E m \in messages : AnswerRequest(m) \/ CountVote(m) \/ Follow(m)

Spec == Init /\ [][Next]_vars

OneLeaderATerm ==
  \A i, j \in Servers : i # j /\ role[i] = "leader" /\ role[j] = "leader" => term[i] # term[j]
====
