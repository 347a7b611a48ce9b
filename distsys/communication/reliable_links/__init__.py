"""Reliable links: how does a stream of bytes arrive whole over a network that loses, repeats and reorders?"""

from .checksum import checksum, intact
from .congestion import Reno, Unlimited
from .outgoing import Outgoing
from .reassembly import Reassembly
from .sequence import MODULUS, ahead, precedes
from .timing import RttEstimator
from .transfer import Ack, Data, Receiver, Sender

__all__ = [
    "MODULUS", "Ack", "Data", "Outgoing", "Reassembly", "Receiver", "Reno", "RttEstimator", "Sender",
    "Unlimited", "ahead", "checksum", "intact", "precedes",
]  # fmt: skip
