"""frame: a report as one HTML file that loads nothing. Knows no job."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from corpusmill.report.markup import Markup, tag


@dataclass(frozen=True)
class Page:
    """What stands on it."""

    command: str
    title: str
    lead: str
    sections: Sequence[Markup]
    colophon: str

    def html(self) -> str:
        """The whole page."""
        style, script = _beside("style.css"), _beside("sort.js")
        policy = f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}"
        head = [
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=policy),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("title", f"corpusmill {self.command}: {self.title[0].lower()}{self.title[1:]}"),
            tag("style", style),
        ]
        body = [
            tag("header", tag("h1", self.title), tag("p", self.lead, class_="lead")),
            tag("main", self.sections),
            tag("footer", tag("p", self.colophon)),
            tag("script", script),
        ]
        return f"<!doctype html>\n{tag('html', tag('head', head), tag('body', body), lang='en')}\n"


def _beside(name: str) -> Markup:
    return Markup(Path(__file__).with_name(name).read_text(encoding="utf-8"))


def _hash(content: str) -> str:
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return f"'sha256-{digest}'"
