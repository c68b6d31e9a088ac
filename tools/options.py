"""The options as the table of docs/admin.md: ``python -m tools.options`` writes it there.

Rule: what an option means stands in ``kfnb_ext/config/table.py`` alone; this only lays it out.
"""

from pathlib import Path

from kfnb_ext import config

GUIDE = Path(__file__).parent.parent / "docs" / "admin.md"
BEGIN, END = "<!-- options: begin -->", "<!-- options: end -->"
HEAD = "| variable | default | what it does |\n|---|---|---|"


def table() -> str:
    """All options as Markdown; `*`: where the site is locked, the user may only be stricter."""
    rows = [HEAD]
    for name, trait in config.options().items():
        mark = " *" if trait.metadata.get("stricter") else ""
        default = getattr(config.KfnbExt(), name)
        said = ":".join(map(str, default)) if isinstance(default, list) else str(default)
        shown = f"`{said}`" if said else ""
        cells = (f"`{trait.metadata['env']}`{mark}", shown, trait.help.replace("|", r"\|"))
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def within(guide: str) -> str:
    """The guide with the table as it is now."""
    before, _, rest = guide.partition(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    GUIDE.write_text(within(GUIDE.read_text()))
