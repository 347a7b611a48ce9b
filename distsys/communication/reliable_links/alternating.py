"""Stop and wait: one message on the road at a time, and one bit to tell it from its copy."""

from __future__ import annotations

from ...node import Node, message, on


@message
class Item:
    """A message with its bit."""

    bit: int
    text: str


@message
class Got:
    """The message with this bit has arrived."""

    bit: int


class StopAndWait(Node):
    """Sends a message again and again until it is acknowledged; then the next one (Bartlett et al., 1969).

    Args:
        to: the name of the receiver.
        texts: the messages.
        every_ms: how long to wait before a message is sent again.
    """

    def __init__(self, to: str, texts: tuple[str, ...], every_ms: float = 50.0) -> None:
        self.to, self.texts, self.every_ms = to, texts, every_ms
        self.bit = 0

    def on_start(self) -> None:
        """Send the first message."""
        self.transmit()

    @on("again")
    def transmit(self) -> None:
        """Send the message whose turn it is."""
        if self.texts:
            self.send(self.to, Item(self.bit, self.texts[0]))
            self.set_timer("again", self.every_ms)

    @on(Got)
    def acknowledged(self, src: str, got: Got) -> None:
        """Go on to the next message, if this one was meant."""
        if self.texts and got.bit == self.bit:
            self.texts, self.bit = self.texts[1:], 1 - self.bit
            self.cancel_timer("again")
            self.transmit()


class Alternating(Node):
    """Takes each message once: a message with the bit of the last one is a copy.

    Attributes:
        taken: the messages, in order.
    """

    def __init__(self) -> None:
        self.wanted = 0
        self.taken: tuple[str, ...] = ()

    @on(Item)
    def item(self, src: str, item: Item) -> None:
        """Take a new message, and acknowledge an old one too: its acknowledgement may be lost."""
        if item.bit == self.wanted:
            self.taken += (item.text,)
            self.wanted = 1 - self.wanted
        self.send(src, Got(item.bit))
