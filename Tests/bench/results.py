"""The figures, as a table for people and as JSON for programs."""

import statistics

HEAD = ("what", "kvagent", "beside it", "", "ratio")


class Results:
    """Every figure that was measured, in the order in which it was."""

    def __init__(self):
        self.lines = []
        self.notes = []
        self._widths = [len(title) for title in HEAD]

    def add(self, section, size, what, unit, kvagent, **beside):
        """Notes the figures of several runs, kvagent's and those of others in the same rounds."""
        line = {"section": section, "size": size, "what": what, "unit": unit}
        line["kvagent"] = summary(kvagent) if kvagent else None
        line["beside"] = {}
        for name, values in beside.items():
            entry = summary(values)
            if kvagent and len(kvagent) == len(values) and all(values):
                entry["ratio"] = summary([a / b for a, b in zip(kvagent, values)])
            line["beside"][name] = entry
        self.lines.append(line)

    def note(self, section, text):
        """Notes what has to be known to read the figures of a section."""
        self.notes.append({"section": section, "text": text})

    def find(self, section, size, what):
        """The line of these; None where that was not measured."""
        for line in self.lines:
            if (line["section"], line["size"], line["what"]) == (section, size, what):
                return line
        return None

    def table(self):
        """All of it as one table, with the notes of a section above its figures."""
        rows, section = [HEAD], None
        for line in self.lines:
            if line["section"] != section:
                section = line["section"]
                rows += ["", section]
                rows += ["  " + n["text"] for n in self.notes if n["section"] == section]
            rows += _rows(line)
        widths = [0] * len(HEAD)
        for row in rows:
            if isinstance(row, tuple):
                widths = [max(width, len(cell)) for width, cell in zip(widths, row)]
        return "\n".join(
            row
            if isinstance(row, str)
            else "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
            for row in rows
        )


def summary(values):
    """Median, least and greatest of the runs, and each."""
    return {
        "median": statistics.median(values),
        "min": min(values),
        "max": max(values),
        "values": list(values),
    }


def _rows(line):
    label = ", ".join(part for part in (line["size"], line["what"]) if part)
    own = _told(line["kvagent"], line["unit"]) if line["kvagent"] else ""
    beside = list(line["beside"].items()) or [("", None)]
    for name, entry in beside:
        ratio = _told(entry["ratio"]) if entry and "ratio" in entry else ""
        yield (label, own, name, _told(entry, line["unit"]) if entry else "", ratio)
        label = own = ""


def _told(entry, unit=""):
    """`12.3 ms (11.9–13.0)`; figures that are all the same stand alone."""
    unit = unit and f" {unit}"
    if entry["min"] == entry["max"]:
        return f"{_number(entry['median'])}{unit}"
    return f"{_number(entry['median'])}{unit} ({_number(entry['min'])}–{_number(entry['max'])})"


def _number(value):
    """Three digits that mean something, whole numbers in full."""
    if value == int(value) or abs(value) >= 100:
        return f"{round(value):,}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
