---- MODULE TwoPhaseCommit ----
(* Two-phase commit (Gray and Lamport, Consensus on Transaction Commit, 2006). The messages are a set. The
   classes Manager and Resource in tests/distsys/protocols.py are the same protocol. *)
CONSTANT Resources

VARIABLES manager, heard, resource, messages

vars == <<manager, heard, resource, messages>>

Init ==
  /\ manager = "waiting"
  /\ heard = {}
  /\ resource = [r \in Resources |-> "working"]
  /\ messages = {}

Prepared(r) == [type |-> "Prepared", src |-> r]
Commit == [type |-> "Commit"]
Abort == [type |-> "Abort"]

Hear(r) ==
  /\ manager = "waiting"
  /\ Prepared(r) \in messages
  /\ heard' = heard \cup {r}
  /\ UNCHANGED <<manager, resource, messages>>

DecideToCommit ==
  /\ manager = "waiting"
  /\ heard = Resources
  /\ manager' = "committed"
  /\ messages' = messages \cup {Commit}
  /\ UNCHANGED <<heard, resource>>

DecideToAbort ==
  /\ manager = "waiting"
  /\ manager' = "aborted"
  /\ messages' = messages \cup {Abort}
  /\ UNCHANGED <<heard, resource>>

Become(r, state) == resource' = [resource EXCEPT ![r] = state]

Prepare(r) ==
  /\ resource[r] = "working"
  /\ Become(r, "prepared")
  /\ messages' = messages \cup {Prepared(r)}
  /\ UNCHANGED <<manager, heard>>

GiveUp(r) ==
  /\ resource[r] = "working"
  /\ Become(r, "aborted")
  /\ UNCHANGED <<manager, heard, messages>>

Obey(r) ==
  /\ \/ Commit \in messages /\ Become(r, "committed")
     \/ Abort \in messages /\ Become(r, "aborted")
  /\ UNCHANGED <<manager, heard, messages>>

Next == DecideToCommit \/ DecideToAbort \/ \E r \in Resources : Hear(r) \/ Prepare(r) \/ GiveUp(r) \/ Obey(r)

Spec == Init /\ [][Next]_vars

AllAgree == \A r, s \in Resources : ~(resource[r] = "committed" /\ resource[s] = "aborted")
====
