"""report: one page that loads nothing, says what the ledger says, and runs no text it shows."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

import documents
from corpusmill import report, shards
from corpusmill.report import gather, samples
from corpusmill.report.markup import VOID, tag
from corpusmill.shards.jobs.why.word_diff import word_diff

HOSTILE = "</script><script>alert(1)</script><img src=x onerror='alert(2)'>\x1b[31m\u202e\" & \x00"


def put(path: Path, *lines: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """A folder in which a job has found what a job can find."""
    folder = tmp_path_factory.mktemp("job")
    for name in "ab":
        texts = documents.varied(200)
        edited = [f"{text} and an end of file {name}" for text in texts]
        rows = [{"id": f"{HOSTILE} {i}", "text": text} for i, text in enumerate(edited)]
        rows += [{"id": i, "text": HOSTILE + text} for i, text in enumerate(texts[:50])]
        bad = [b'{"text": null, "x": "</td>"}', HOSTILE.encode() + b"\xff"]
        put(folder / f"in/{name}{'x' * 90}.jsonl", *map(orjson.dumps, rows), *bad)
    (folder / "in/c.jsonl.gz").write_bytes(b"no gzip")
    shards.dedup(folder / "in", folder / "out", max_rejected=1)
    return folder


class Page(HTMLParser):
    """Elements and texts of a page; fails where they do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, name, attributes):
        self.tags.append((name, dict(attributes)))
        if name not in VOID:
            self.open.append(name)

    def handle_endtag(self, name):
        assert self.open.pop() == name

    def handle_data(self, data):
        if self.open[-1:] not in (["style"], ["script"]):
            self.texts.append(data)


@pytest.fixture(scope="module")
def page(job):
    return Page(report.write(job / "out").read_text("utf-8"))


def test_nothing_is_loaded_and_no_text_is_code(page):
    assert [name for name, _ in page.tags].count("script") == 1
    assert not {"img", "link", "iframe", "object", "base"} & {name for name, _ in page.tags}
    for _, attributes in page.tags:
        assert not any(
            key.startswith("on") or key in ("src", "href", "style") for key in attributes
        )
    [policy] = [a["content"] for _, a in page.tags if "http-equiv" in a]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    text = "".join(page.texts)
    assert not set(text) & {"\x00", "\x1b", "\u202e"}
    assert "<script>alert(1)</script>" in text


def test_the_page_says_what_the_ledger_says(job, page):
    text = "".join(page.texts)
    ledger = shards.Ledger.load(job / "out")
    totals = ledger.totals
    for count in (totals["rows_read"], totals["kept"], *totals["dropped"].values()):
        assert f"{count:,}" in text
    for problem in ledger.problems:
        assert problem in text
    for file in ledger.files:
        assert file.path in text
    for reason in totals["rejected"]:
        assert reason.replace("_", " ") in text
    for name in ledger.options:
        assert name in page.texts
    heads = [name for name, _ in page.tags if name in ("h1", "h2")]
    assert (heads[0], heads.count("h1"), heads.count("h2") > 5) == ("h1", 1, True)


def test_everything_drawn_has_a_name(page):
    drawn = [attributes for name, attributes in page.tags if name == "svg"]
    assert len(drawn) == 3
    assert all(found["role"] == "img" and found["aria-label"] for found in drawn)
    assert all(found.get("scope") for name, found in page.tags if name == "th")
    assert page.tags[0] == ("html", {"lang": "en"})


def test_the_same_folder_gives_the_same_page(job):
    once = report.write(job / "out").read_bytes()
    assert report.write(job / "out", inputs=job / "in").read_bytes() == once
    assert [path.name for path in (job / "out").iterdir() if path.name.startswith(".")] == []


def test_histogram_and_clusters_count_every_pair(job):
    from pyarrow import parquet  # noqa: PLC0415

    lines = parquet.read_table(job / "out/duplicates.parquet").to_pylist()
    found = gather.gather(job / "out").pairs
    assert found.bins.sum() + found.num_equal == len(lines)
    sizes = sorted({line["cluster"]: line["size"] for line in lines}.values(), reverse=True)
    assert [line["size"] for line in found.clusters] == sizes[: gather.CLUSTERS]
    for stratum, line in found.samples.items():
        depth = max(line["dropped_row"], line["kept_row"])
        low = 0.8 + 0.2 * stratum / gather.STRATA
        alike = [
            max(other["dropped_row"], other["kept_row"])
            for other in lines
            if (low <= other["similarity"] < low + 0.2 / gather.STRATA and stratum < gather.STRATA)
            or (stratum == gather.STRATA and other["similarity"] == 1)
        ]
        assert depth == min(alike)


def test_texts_that_are_gone_are_said_to_be(job, tmp_path):
    shutil.copytree(job / "out", tmp_path / "out")
    shutil.copytree(job / "in", tmp_path / "in")
    [first] = (tmp_path / "in").glob("a*")
    with first.open("ab") as file:
        file.write(b"{}\n")
    page = Page(report.write(tmp_path / "out", inputs=tmp_path / "in").read_text("utf-8"))
    text = "".join(page.texts)
    assert "The texts cannot be shown: " in text
    assert "has changed since the job read it" in text


def test_files_beyond_a_thousand_are_summed(tmp_path, monkeypatch):
    for i in range(12):
        put(tmp_path / f"in/{i:02}.jsonl", orjson.dumps({"text": f"text {i}"}))
    shards.dedup(tmp_path / "in", tmp_path / "out")
    monkeypatch.setattr(report.page.account, "FILES_SHOWN", 10)
    text = "".join(Page(report.write(tmp_path / "out").read_text("utf-8")).texts)
    assert "09.jsonl" in text
    assert "10.jsonl" not in text
    assert "2 further files" in text


@pytest.mark.parametrize(
    "options",
    [
        {"method": "exact"},
        {"verify": "none"},
        {"verify": "signature"},
        {"threshold": 1.0},
        {"n": 1},
    ],
)
def test_every_kind_of_job_has_a_page(tmp_path, options):
    rows = [orjson.dumps({"text": text}) for text in documents.varied(120)]
    put(tmp_path / "in/a.jsonl", *rows)
    shards.dedup(tmp_path / "in", tmp_path / "out", **options)
    Page(report.write(tmp_path / "out").read_text("utf-8"))


def test_a_job_without_duplicates_has_a_page(tmp_path):
    put(tmp_path / "in/a.jsonl", orjson.dumps({"text": "alone"}))
    shards.dedup(tmp_path / "in", tmp_path / "out")
    (tmp_path / "out/run.json").unlink()
    text = "".join(Page(report.write(tmp_path / "out").read_text("utf-8")).texts)
    assert "side by side" not in text
    with pytest.raises(shards.UsageError, match="holds no ledger"):
        report.write(tmp_path)


@given(documents.texts, documents.texts)
def test_excerpts_are_parts_of_their_texts(left, right):
    diff = word_diff(left, right)
    for side, text in (("left", left), ("right", right)):
        shown = samples.excerpt(diff, side)
        words = "".join(part for _, part in shown.pieces).split()
        assert len("".join(part for _, part in shown.pieces)) <= samples.SHOWN
        if not shown.cut_before and not shown.cut_after:
            assert words == text.split()
        elif len(words) > 1:
            assert " ".join(words[1:-1]) in " ".join(text.split())


@given(st.text())
def test_any_text_is_one_text_node(text):
    found = Page(tag("p", text, title=text))
    assert [name for name, _ in found.tags] == ["p"]
    assert html.unescape("".join(found.texts)) == "".join(found.texts) or "&" in text


# --- the command line -----------------------------------------------------------------------------


def run(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "corpusmill.cli", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, check=False, capture_output=True, text=True)


def test_a_job_writes_the_page_unless_told_not_to(tmp_path):
    put(tmp_path / "in/a.jsonl", orjson.dumps({"text": "alone"}))
    assert run("dedup", "in", "-o", "out", "--no-report", cwd=tmp_path).returncode == 0
    assert not (tmp_path / "out/report.html").exists()
    done = run("report", "out", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "out/report.html\n")
    before = (tmp_path / "out/report.html").read_text("utf-8")
    assert run("dedup", "in", "-o", "out", "--overwrite", cwd=tmp_path).returncode == 0
    after = (tmp_path / "out/report.html").read_text("utf-8")
    assert _without_times(before) == _without_times(after)
    assert run("report", "in", cwd=tmp_path).returncode == 2


def _without_times(page: str) -> str:
    return re.sub("<h2>The run</h2>.*?<footer>", "", page)


# --- as a browser shows it ------------------------------------------------------------------------

FRAMED = """<!doctype html><iframe id="frame" width="{width}" height="900" srcdoc="{page}"></iframe>
<script>
onload = () => {{
  const page = document.getElementById("frame").contentDocument;
  const heads = [...page.querySelectorAll("table.sortable th")];
  const read = () => [...page.querySelectorAll("table.sortable tbody tr")].map((r) => r.cells[1].textContent);
  heads[1].querySelector("button").click();
  document.documentElement.dataset.found = JSON.stringify({{
    scroll: page.documentElement.scrollWidth,
    width: page.defaultView.innerWidth,
    border: page.defaultView.getComputedStyle(page.querySelector("h2")).borderTopStyle,
    rows: read(),
    sorted: heads[1].getAttribute("aria-sort"),
  }});
}};
</script>"""


@pytest.mark.parametrize("width", [390, 1280])
def test_a_browser_shows_it_without_scrolling_sideways(job, tmp_path, width):
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("needs Chromium (apt-get install chromium)")
    page = report.write(job / "out")
    frame = tmp_path / "frame.html"  # a window cannot be as narrow as a frame
    text = page.read_text("utf-8")
    frame.write_text(FRAMED.format(width=width, page=html.escape(text)), "utf-8")
    shown = chromium(browser, tmp_path, width, "--dump-dom", frame.as_uri())
    found = json.loads(html.unescape(re.search(r'data-found="([^"]*)"', shown)[1]))
    assert found["scroll"] <= found["width"] == width
    assert found["border"] == "solid"  # the page's own policy lets its style in, and its script
    assert found["sorted"] == "descending"
    assert found["rows"] == sorted(found["rows"], key=int, reverse=True)
    chromium(browser, tmp_path, width, f"--screenshot={tmp_path / 'page.png'}", frame.as_uri())
    picture = (tmp_path / "page.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    blank = tmp_path / "blank.html"
    blank.write_text("<!doctype html><title>blank</title>")
    chromium(browser, tmp_path, width, f"--screenshot={tmp_path / 'blank.png'}", blank.as_uri())
    assert len(picture) > 5 * (tmp_path / "blank.png").stat().st_size


def chromium(browser: str, folder: Path, width: int, *arguments: str) -> str:
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += [f"--user-data-dir={folder / 'profile'}", f"--window-size={width},1600", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout


def test_numbers_of_the_run_are_shown_if_they_are_there(job, tmp_path):
    shutil.copytree(job / "out", tmp_path / "out")
    facts = json.loads((tmp_path / "out/run.json").read_text())
    (tmp_path / "out/run.json").write_text(json.dumps(facts | {"wall_s": 12345.678}))
    assert "12,345.68 s" in report.write(tmp_path / "out").read_text("utf-8")
    (tmp_path / "out/run.json").write_text("[]")
    assert "<h2>The run</h2>" not in report.write(tmp_path / "out").read_text("utf-8")
