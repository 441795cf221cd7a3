"""The problems of reading, counted by what they are."""

from collections import Counter

_MOST_PROBLEMS = 10


class Problems:
    """What could not be read, as sentences that stay short however much it is."""

    def __init__(self) -> None:
        self.rejected = 0
        self._first: dict[str, str] = {}
        self._counts: Counter[str] = Counter()

    def __bool__(self) -> bool:
        return bool(self._counts)

    def reject(self, problem: str, where: str = "") -> None:
        """A record that could not be read."""
        self.rejected += 1
        self.note(problem, where)

    def note(self, problem: str, where: str = "") -> None:
        """Something missing that costs no whole record."""
        self._counts[problem] += 1
        self._first.setdefault(problem, where)

    def note_once(self, problem: str) -> None:
        """Something that holds for all of it and is not counted."""
        self._counts[problem] = 1
        self._first.setdefault(problem, "")

    def include(self, others: "Problems", name: str = "") -> None:
        """The problems of a part, which `name` names."""
        if sentence := others.sentence():
            self.note(f"{name}: {sentence}" if name else sentence)
            self.rejected += others.rejected

    def sentence(self) -> str | None:
        """Each problem once, with the first place and the number of the others; the first ones, where many differ."""
        parts = []
        for problem, count in list(self._counts.items())[:_MOST_PROBLEMS]:
            where = self._first[problem]
            more = f" and {count - 1} more" if count > 1 else ""
            parts.append(f"{problem} ({where}{more})" if where else f"{problem}{more}")
        if len(self._counts) > _MOST_PROBLEMS:
            parts.append(f"and {len(self._counts) - _MOST_PROBLEMS} more problems")
        return "; ".join(parts) or None
