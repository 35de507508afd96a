"""show: a job's progress and end, for a terminal, for a log, for a program, or not at all."""

from __future__ import annotations

import json
import sys
import time

from rich.console import Console
from rich.progress import (
    BarColumn,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars
from rich.text import Text

from corpusmill.cli import streams
from corpusmill.cli.codes import DONE, DONE_WITH_PROBLEMS
from corpusmill.cli.streams import complain, is_terminal, say
from corpusmill.cli.summary import summary
from corpusmill.shards import Account, Ledger, Notice, Progress

SECONDS_BETWEEN_LINES = 5.0
NARROW, BAR_WIDTH = 60, 40
"""A terminal with fewer columns shows the bar and the times alone."""


class Show:
    """Where the news of one job goes. This one says only what is wrong."""

    def progress(self, news: Progress) -> None:
        """Says nothing."""

    def notice(self, news: Notice) -> None:
        if news.kind == "warning":
            complain(f"corpusmill: {news.message}")

    def done(self, ledger: Ledger | Account, out: str, seconds: float) -> None:  # noqa: ARG002
        for problem in ledger.problems:
            complain(f"corpusmill: {problem}")

    def error(self, message: str, exit_code: int) -> None:  # noqa: ARG002
        complain(f"corpusmill: {message}")

    def close(self) -> None:
        """Leaves the terminal as it was."""


class Lines(Show):
    """A line when a stage begins and every few seconds, for logs."""

    def __init__(self) -> None:
        self._stage = ""
        self._began = self._printed = 0.0

    def progress(self, news: Progress) -> None:
        now = time.monotonic()
        if news.stage != self._stage:
            self._stage, self._began, self._printed = news.stage, now, now
            complain(f"{news.stage} ...")
        elif now - self._printed >= SECONDS_BETWEEN_LINES:
            self._printed = now
            complain(self._line(news, now - self._began))

    def notice(self, news: Notice) -> None:
        if news.kind in ("start", "resume", "step"):
            complain(news.message)
        super().notice(news)

    def _line(self, news: Progress, seconds: float) -> str:
        rate = news.done_bytes / seconds
        left = (news.total_bytes - news.done_bytes) / rate if rate else 0.0
        return (
            f"{news.stage} {news.done_bytes / 1e6:,.0f} of {news.total_bytes / 1e6:,.0f} MB, "
            f"{news.rows:,} rows, {rate / 1e6:,.0f} MB/s, {left:,.0f} s left"
        )

    def done(self, ledger: Ledger | Account, out: str, seconds: float) -> None:
        streams.show(summary(ledger, out, seconds))
        super().done(ledger, out, seconds)


class ForTerminals(Lines):
    """A bar per stage, with rate and time left."""

    def __init__(self) -> None:
        super().__init__()
        console = Console(stderr=True)
        more = () if console.width < NARROW else (_BytesColumn(), _rows_column())
        self._bars = Bars(
            TextColumn("{task.description:8}"),
            BarColumn(bar_width=None if console.width < NARROW else BAR_WIDTH),
            *more,
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}
        self._bars.start()

    def progress(self, news: Progress) -> None:
        if news.stage not in self._tasks:
            self._complete_last()
            self._tasks[news.stage] = self._bars.add_task(
                news.stage, total=None, rows=0, in_bytes=news.total_bytes > 0
            )
        self._bars.update(
            self._tasks[news.stage],
            total=news.total_bytes or None,
            completed=news.done_bytes,
            rows=news.rows,
        )

    def _complete_last(self) -> None:
        """A stage that counts nothing is done when the next one begins."""
        for task in self._bars.tasks[-1:]:
            self._bars.update(task.id, total=task.total or 1, completed=task.total or 1)

    def done(self, ledger: Ledger | Account, out: str, seconds: float) -> None:
        self._complete_last()
        self.close()
        super().done(ledger, out, seconds)

    def error(self, message: str, exit_code: int) -> None:
        self.close()
        super().error(message, exit_code)

    def close(self) -> None:
        self._bars.stop()


def _rows_column() -> TextColumn:
    return TextColumn("{task.fields[rows]:,} rows")


class _BytesColumn(ProgressColumn):
    """Megabytes and their rate, for stages that count any."""

    def render(self, task: Task) -> Text:
        if not task.fields["in_bytes"]:
            return Text("")
        total = task.total or 0
        rate = task.finished_speed or task.speed or 0.0
        return Text(f"{task.completed / 1e6:,.0f}/{total / 1e6:,.0f} MB {rate / 1e6:,.0f} MB/s")


class ForPrograms(Show):
    """One JSON object a line on standard output."""

    def __init__(self) -> None:
        self._last: Progress | None = None

    def _print(self, event: str, **values: object) -> None:
        say(json.dumps({"event": event, **values}))

    def progress(self, news: Progress) -> None:
        if self._last is None or news.stage != self._last.stage:
            self._print("stage", stage=news.stage)
        if news != self._last:
            self._print("progress", **vars(news))
        self._last = news

    def notice(self, news: Notice) -> None:
        self._print(news.kind, message=news.message, **news.facts)

    def done(self, ledger: Ledger | Account, out: str, seconds: float) -> None:
        self._print(
            "done",
            exit_code=DONE_WITH_PROBLEMS if ledger.problems else DONE,
            out=out,
            seconds=seconds,
            totals=ledger.totals,
            problems=ledger.problems,
        )

    def error(self, message: str, exit_code: int) -> None:
        self._print("error", message=message, exit_code=exit_code)


def show_for(*, as_json: bool, quiet: bool) -> Show:
    """The way of showing that fits the options and the terminal."""
    if as_json:
        return ForPrograms()
    if quiet:
        return Show()
    return ForTerminals() if is_terminal(sys.stderr) else Lines()
