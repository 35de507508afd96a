"""why_text: what became of rows, in words, and how two texts differ, in colours or brackets."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from corpusmill.shards.jobs.fate import Comparison, Fate, Member, Place, Why
from corpusmill.shards.jobs.why.word_diff import Diff, word_diff
from corpusmill.shards.visible import visible

NEAR = 160
"""Characters of common text shown on each side of a difference."""

RAW_SHOWN = 400  # characters of a rejected line
OTHERS_SHOWN = 5  # of the cluster of a dropped row


def why_text(why: Why, *, colour: bool) -> Text:
    """All of it; in colour what differs is red and green, else [-dropped-] and {+kept+}."""
    text = Text()
    for number, fate in enumerate(why.fates):
        text.append("\n" if number else "")
        for line in _lines(fate):
            text.append(line + "\n")
        if fate.comparison:
            text.append_text(_difference(fate.comparison, colour=colour))
        for note in fate.notes:
            text.append(f"note        {visible(note)}\n")
    if why.more:
        text.append(f"\nThere may be more rows than these {len(why.fates)}.\n")
    text.rstrip()
    return text


def _lines(fate: Fate) -> Iterator[str]:
    yield f"{fate.fate:12}{_named(fate.place)}"
    if fate.rejection:
        yield f"because     {fate.rejection.reason}, line {fate.rejection.line:,}, byte {fate.rejection.byte_offset:,}"
        raw = fate.rejection.raw.decode("utf-8", "backslashreplace")
        yield f"the line    {visible(raw[:RAW_SHOWN])}" + ("..." if len(raw) > RAW_SHOWN else "")
        return
    if fate.because:
        for number, reason in enumerate(fate.because):
            yield f"{'' if number else 'because':12}{visible(reason)}"
        return
    if fate.dropped_as:
        yield f"for         {_stands(fate)}"
        yield f"similarity  {_likeness(fate.dropped_as)}"
        yield from _compared(fate.comparison, fate.dropped_as)
    if fate.in_index:
        yield f"cluster     {fate.cluster_size:,} documents of this job and earlier ones"
    elif fate.cluster_size > 1:
        yield f"cluster     {fate.cluster_size:,} rows, the kept one included"
    elif fate.fate == "kept":
        yield "cluster     alone: nothing was dropped for it"
    shown = fate.others[: OTHERS_SHOWN if fate.fate == "dropped" else None]
    for other in shown:
        yield f"  dropped   {_named(other.place)}  {_likeness(other)}"
    left = fate.cluster_size - 1 - len(shown) - (fate.fate == "dropped")
    if left > 0 and not fate.in_index:
        yield f"  and {left:,} more"


def _stands(fate: Fate) -> str:
    """What a dropped row went for."""
    if fate.in_index is None:
        return _named(fate.kept) if fate.kept else ""
    name = f"entry {fate.in_index.entry} of the index"
    return name if fate.in_index.id is None else f"{name}  id {visible(fate.in_index.id)}"


def _named(place: Place) -> str:
    name = f"{visible(place.file)}:{place.row}"
    return name if place.id is None else f"{name}  id {visible(place.id)}"


def _likeness(member: Member) -> str:
    how = {
        "exact": "exact",
        "signature": "estimated from signatures",
        "none": "estimated, not verified",
    }[member.verified]
    return f"{member.similarity:.4f} {how}"


def _compared(comparison: Comparison | None, member: Member) -> Iterator[str]:
    """What the two texts say now, as far as the job does not."""
    if comparison is None or comparison.jaccard is None:
        return
    if member.verified != "exact":
        yield f"exactly     {comparison.jaccard:.4f}"
    shared = comparison.shared_bands
    yield f"bands       {len(shared)} of {comparison.num_bands} agree" + (
        f": {', '.join(map(str, shared))}" if 0 < len(shared) < comparison.num_bands else ""
    )


def _difference(comparison: Comparison, *, colour: bool) -> Text:
    diff = word_diff(comparison.dropped_text, comparison.kept_text)
    if all(piece.side == "both" for piece in diff.pieces) and not diff.cut:
        same = comparison.dropped_text == comparison.kept_text
        return Text(
            "the texts are equal, byte for byte\n"
            if same
            else "the texts differ in white space alone\n"
        )
    text = Text("\n")
    text.append("only in the dropped text", style="red" if colour else "")
    text.append("" if colour else " [-...-]")
    text.append(", ")
    text.append("only in the kept one", style="green" if colour else "")
    text.append("" if colour else " {+...+}")
    text.append(":\n\n")
    return text.append_text(_pieces(diff, colour=colour))


def _pieces(diff: Diff, *, colour: bool) -> Text:
    text = Text()
    last = len(diff.pieces) - 1
    for number, piece in enumerate(diff.pieces):
        # A common word may stand at the end of one text alone: then the other has the space.
        spaced = piece.right[-1:].isspace() or not piece.left
        shown = visible(piece.right if spaced else piece.left)
        if piece.side == "both":
            text.append(_shortened(shown, first=number == 0, last=number == last))
        elif colour:
            text.append(shown, style="red strike" if piece.side == "left" else "green")
        else:
            words = shown.rstrip()
            around = "[-{}-]" if piece.side == "left" else "{{+{}+}}"
            text.append(around.format(words) + (shown[len(words) :] or " "))
    text.append("\n")
    if diff.cut:
        text.append("... the rest of these long texts was not compared\n")
    return text


def _shortened(common: str, *, first: bool, last: bool) -> str:
    """Common text near a difference; what is far from any is left out."""
    head, tail = (0 if first else NEAR), (0 if last else NEAR)
    if len(common) <= head + tail + 10:
        return common
    before = common[:head].rsplit(" ", 1)[0] if head else ""
    after = common[-tail:].split(" ", 1)[-1] if tail else ""
    return f"{before} ... {after}"
