"""What one comment may cost.

A :class:`Budget` goes along with every body: what it asks for (a line, an emphasis, a link) has
a price, and when the budget is spent, the rest stands in the page as it was typed. That is the
ceiling which keeps the most hostile body as cheap as a long honest one: a body which spends all
of it takes about 25 ms, however it goes about it (``python -m tests.bench.bench_text``).
"""

from dataclasses import dataclass

#: For blocks, and for what stands inside them. A unit is 5 to 10 µs of all the work that follows
#: from it: reading, writing, and two sanitisers going over what was written.
BLOCKS = 1400
MARKS = 1400
#: ``<`` and ``&`` written as entities, which bleach is slow with. Those that come after show as
#: the full-width signs ＜ and ＆.
ENTITIES = 500

# Blocks. A further line of a block, a block, a further item of a list, and the second element
# of what has two (``<pre><code>``).
LINE = 1
BLOCK = 8
ITEM = 4
INNER = 4

# Inside blocks: a step over a piece of text, or over a sign that may mean something, each with
# its share in the elements it may become.
STEP = 1
SIGNS = {"\n": 3, "*": 4, "_": 4, "~": 4, "`": 6, "<": 2, "&": 2, "\\": 2}
#: A place that looks like the beginning of an address, and a link.
MARKER = 2
LINK = 12
#: What a unit pays for where a rule looks far ahead.
CHARACTERS = 32


@dataclass(slots=True)
class Budget:
    """What is left to spend on one body."""

    blocks: int = BLOCKS
    marks: int = MARKS
    entities: int = ENTITIES

    def pay_block(self, price: int) -> bool:
        """Take *price* for a block; ``False`` once there is nothing left."""
        self.blocks -= price
        return self.blocks > 0

    def pay_mark(self, price: int) -> bool:
        """The same for what stands inside one."""
        self.marks -= price
        return self.marks > 0
