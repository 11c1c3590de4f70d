"""What a section of the benchmark is: a module with ``measure(run: Run) -> list[Goal]``.

It starts the servers it needs, prints its tables, stops the servers, and gives the goals. What it
needs and this machine cannot give it raises :class:`~tests.services.process.Unavailable`.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Run:
    """What a section is told of the run it belongs to."""

    #: The section's own, gone afterwards.
    folder: Path
    #: Less exact, in a minute or two for all sections.
    quick: bool = False
    #: The mixed load lasts an hour, however soon it is done.
    hour: bool = False
    #: ``sqlite`` or ``postgres``, where a section can do either.
    database: str = "sqlite"
    #: Where pictures are drawn.
    pictures: Path = Path("build")
    #: Comments to try the learned filter on.
    spam: Path | None = None
    #: The commit that this version is held against.
    base: str | None = None

    def draw(self, name: str, svg: str) -> Path:
        """Keep the picture *svg* under *name*."""
        self.pictures.mkdir(parents=True, exist_ok=True)
        path = self.pictures / name
        path.write_text(svg, encoding="utf-8")
        return path
