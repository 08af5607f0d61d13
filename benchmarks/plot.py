"""A plot of seconds, as SVG."""

from __future__ import annotations

from pathlib import Path

from benchmarks.measure import Timing


def bars(timings: dict[str, Timing], file: Path, title: str) -> None:
    longest, width, row = max(t.seconds for t in timings.values()), 460, 34
    height = 52 + row * len(timings)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width + 300}" height="{height}" font-family="sans-serif" font-size="14">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="12" y="24" font-weight="bold">{title}</text>',
    ]
    for number, (name, timing) in enumerate(timings.items()):
        top, length = 44 + number * row, max(2.0, width * timing.seconds / longest)
        colour = "#2a6f97" if name.startswith("boathouse") else "#a9b8c2"
        lines.append(f'<text x="12" y="{top + 17}">{name}</text>')
        lines.append(f'<rect x="190" y="{top}" width="{length:.0f}" height="24" fill="{colour}"/>')
        note = f"{timing.seconds:.1f} s · {timing.megabytes / 1000:.1f} GB"
        inside = length > width / 2
        anchor, x, ink = ("end", 184 + length, "white") if inside else ("start", 198 + length, "black")
        lines.append(f'<text x="{x:.0f}" y="{top + 17}" text-anchor="{anchor}" fill="{ink}">{note}</text>')
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join([*lines, "</svg>"]) + "\n", encoding="utf-8")
