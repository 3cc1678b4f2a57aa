"""Words that a contact is never told. Each pattern names the rule of docs/privacy.md that it stands for."""

import re2

FORBIDDEN = (
    ("TI-07", r"\bsabar ya\b|\bsabar saja\b|\bikhlas\b|\bmaafkan\b|\bberdamai\b|\bdamai saja\b"),
    ("TI-07", r"\btinggalkan (saja )?(suami|istri|pasangan)"),
    ("TI-06", r"\bpasti\b|\bdijamin\b|\bkami janji\b|\bakan kami selamatkan\b"),
    ("TI-08", r"\bkorban\b|\btuna susila\b|\bpecandu\b|\bgelandangan\b|\bkamu termasuk\b"),
    ("LS-04", r"100 ?%|\bdijamin rahasia\b|\btidak akan ada yang tahu\b"),
    ("TI-03", r"\bwajib diisi\b|\bharus dijawab\b"),
    ("TI-01", r"\bkok baru\b|\bkenapa baru\b"),
    ("TI-09", r"\bkirim (bukti|foto|video)"),
    ("DN-10", r"\bnomor (nik|ktp|kk)\b|\bno\.? ?(nik|ktp)\b"),
    ("TI-15", r"\bsesi berakhir\b"),
)
PATTERNS = tuple((rule, re2.compile("(?i)" + pattern)) for rule, pattern in FORBIDDEN)
NUMBER = re2.compile(r"(^|[^\w.{/])(\+?62|0)?\d{3,}([- ]?\d{2,})*($|[^\w}/])")
"""A number to call typed into a text, where it would grow old: three digits or more on their own."""
