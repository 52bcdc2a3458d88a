"""The document: facts, tables, and what is missing from them."""

import sys
import traceback

import machine


class Missing(Exception):
    """A tool or a right for a measurement is not here. That is no failure."""


class Row:
    """A line of a table. The ratio is zoom2drive to rclone."""

    def __init__(self, what, ours, theirs=None, digits=1):
        self.what, self.ours, self.theirs, self.digits = what, ours, theirs, digits

    def _cell(self, value):
        if value is None:
            return "–"
        return value if isinstance(value, str) else f"{value:,.{self.digits}f}"

    def __str__(self):
        ratio = "–"
        if isinstance(self.ours, (int, float)) and isinstance(self.theirs, (int, float)) and self.theirs:
            ratio = f"{self.ours / self.theirs:.2f}"
        return f"| {self.what} | {self._cell(self.ours)} | {self._cell(self.theirs)} | {ratio} |"


class Document:
    """Printed as it comes; what is missing is kept for the end."""

    def __init__(self):
        self.missing = []
        self.has_failed = False

    def say(self, line=""):
        """One line, at once: a run takes long."""
        print(line, flush=True)

    def describe(self, load):
        """The machine and the versions."""
        self.say("# zoom2drive beside rclone\n")
        for name, value in machine.facts(load):
            self.say(f"- {name}: {value}")

    def not_measured(self, what, reason):
        """For the last section."""
        if (what, reason) not in self.missing:
            self.missing.append((what, reason))

    def measure(self, name, measurement, place, asked):
        """One table. A measurement gives its title, then its rows."""
        head = False
        try:
            rows = measurement(place, asked, lambda reason: self.not_measured(name, reason))
            title = next(rows)
            for row in rows:
                if not head:
                    self.say(f"\n## {title}\n\n| {name} | zoom2drive | rclone | ratio |\n| --- | --- | --- | --- |")
                    head = True
                self.say(str(row))
        except Missing as missing:
            self.not_measured(name, str(missing))
        except Exception as error:  # noqa: BLE001 one that fails must not hide the others
            traceback.print_exc(file=sys.stderr)
            self.has_failed = True
            self.not_measured(name, f"FAILED: {type(error).__name__}: {error}")

    def end(self):
        """The last section, and the exit status."""
        self.say("\n## Not measured, and why\n")
        for what, reason in self.missing or [("nothing", "all was measured")]:
            self.say(f"- {what}: {reason}")
        return 1 if self.has_failed else 0
