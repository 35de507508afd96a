"""job: texts of files as token shards: a pass over the texts, and one over what it left.

    encode      every row once: the ids of its text
    write       rejected rows; of each document its place and how many ids it has
    lay         documents as rows, as they were asked for: into shards, or to be shuffled
    shuffle     from scratch files into shards

What ids are, corpusmill.tokenizer says; what rows and shards are, tokens/.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corpusmill._tokenizer_files import CACHE_BYTES
from corpusmill.shards.errors import JobError
from corpusmill.shards.job import Job
from corpusmill.shards.jobs import late_damage
from corpusmill.shards.jobs.asked import Asked, checks
from corpusmill.shards.jobs.tokenize.choices import Choices, Token, loaded
from corpusmill.shards.jobs.tokenize.encode_pass import EncodePass, Encoding, accounts
from corpusmill.shards.jobs.tokenize.results import SOFTWARE, WRITING_BYTES, write
from corpusmill.shards.jobs.write_rows import NO_OUTPUTS, write_rejected
from corpusmill.shards.ledger import FileEntry, Ledger
from corpusmill.shards.ours import DOCUMENTS, TOKENS
from corpusmill.shards.progress import Listener, Report
from corpusmill.shards.reading import fields
from corpusmill.shards.reading.findings import Fields
from corpusmill.shards.reading.inputs import AnyPath
from corpusmill.shards.writing.target import Target, rejected_name


def tokenize(
    inputs: AnyPath | Sequence[AnyPath],
    out: AnyPath,
    *,
    tokenizer: AnyPath,
    eos: Token,
    bos: Token = None,
    pattern: str | None = None,
    special: Sequence[str] = (),
    lowercase: bool | None = None,
    strip_accents: bool | None = None,
    max_tokens: int | None = None,
    length: int | None = None,
    pack: bool = False,
    pad: Token = None,
    shuffle: int | None = None,
    tokens_per_shard: int = 1 << 28,
    megatron: bool = False,
    text: str = "text",
    id: str | None = None,
    threads: int = 0,
    max_rejected: float = 0.001,
    memory: int | str | None = None,
    overwrite: bool = False,
    progress: Report | None = None,
    notice: Listener | None = None,
) -> Ledger:
    """Writes the texts of files as ids, for trainers: OUT/tokens/part-00000.tokens, and so on.

    inputs, out     as `dedup` has them; out gets tokens/, documents.parquet (of each document its file,
                    row, id and number of tokens), rejected/, ledger.json and run.json
    tokenizer       a file that `corpusmill.tokenizer.Tokenizer.load` reads; pattern: as that has it
    special         special tokens that the file does not tell, each as "<|endoftext|>=100257"
    lowercase, strip_accents    of a vocab.txt of BERT, which does not say: as `Tokenizer.load` has them
    eos, bos        what stands behind and before each document: an id, the spelling of a special token
                    of the tokenizer, or "none"; None: none. It need not be one of the vocabulary
    max_tokens      of a document's text only so many ids, the first; it is encoded whole, so that what
                    is cut off is counted
    length          rows of so many ids, to 2^20; None: each document is a row, however long
    pack            of such rows: documents are laid into them best fit, so that only those that are
                    longer are cut; False: one behind the other, and cut where a row ends
    pad             fills rows up: the last one, or, packed, each; None: eos if there is one, else 0
    shuffle         a seed from 0 to 2^64 - 1: rows in an order that depends on it and their numbers alone
    tokens_per_shard    a shard ends before the row that would bring it over so many ids
    megatron        write part-00000.bin and .idx instead, as Megatron-LM reads documents
    text, id        fields of a row; id None: "id" if present
    others          as `dedup` has them: threads, max_rejected, memory, overwrite, progress, notice
    returns         the ledger, which also lies in out; read its `problems`. Its rows kept are the
                    documents; its findings have "tokens", sums of all, and "shards"

    All of out but run.json is the same for any threads, order of inputs and memory that holds the
    longest row; time is linear, in one pass over the text and one or, shuffled, two over its ids.
    Ids wait in memory or, when there are too many, in files under out/.state, from which a job that
    was killed goes on. Special tokens that texts spell are text; "spelled" among the sums counts
    them.

    Raises UsageError (a ValueError; nothing was written), or JobError or OSError (out is as it was,
    but for what is saved to go on with).
    """
    with checks():
        asked = Asked(
            inputs, out, NO_OUTPUTS, threads, max_rejected, memory, overwrite, progress, notice
        )
        found = loaded(tokenizer, pattern, special, lowercase, strip_accents)
        choices = Choices.checked(
            found,
            tokenizer=tokenizer,
            special=special,
            lowercase=lowercase,
            strip_accents=strip_accents,
            eos=eos,
            bos=bos,
            pad=pad,
            max_tokens=max_tokens,
            length=length,
            pack=pack,
            shuffle=shuffle,
            tokens_per_shard=tokens_per_shard,
            megatron=megatron,
        )
    asked = asked.found()
    form = choices.form(found)
    encoding = Encoding(found, form, choices.max_tokens)
    options = {"text": text, "id": id, "max_rejected": max_rejected, **choices.options()}
    about = {
        "command": "tokenize",
        "software": SOFTWARE,
        "options": options | {"tokenizer": form.fingerprint},
    }
    job = asked.job(
        about,
        encoding.row_bytes,
        # As if four bytes of text were an id; of padding nothing is known yet, and mostly it is little.
        scratch_share=form.id_bytes * (0.5 if shuffle is None else 0.75),
        held=asked.threads * CACHE_BYTES + WRITING_BYTES,
    )
    fields.check(job.shards, "text", text)
    if id is not None:
        fields.check(job.shards, "id", id)
    wanted = Fields(text, "id" if id is None else id, None)
    with job.claimed([DOCUMENTS, *_there(asked.out), *map(rejected_name, asked.files)]):
        files, findings = late_damage.without_lost_rows(
            job, lambda: _results(job, asked.target, choices, encoding, wanted)
        )
        ledger = Ledger(
            command="tokenize",
            software=SOFTWARE,
            inputs=asked.names,
            options=options,
            files=files,
            findings=findings,
        )
        job.finish(ledger)
    return ledger


def _there(out: AnyPath) -> list[str]:
    """What lies where shards will: only those of an earlier job may go."""
    return [f"{TOKENS}/{path.name}" for path in Path(out, TOKENS).glob("*")]


def _results(
    job: Job, target: Target, choices: Choices, encoding: Encoding, wanted: Fields
) -> tuple[list[FileEntry], dict[str, Any]]:
    form = encoding.form
    depends = {
        "command": "tokenize",
        "tokenizer": form.fingerprint,
        "unicode_version": form.unicode_version,
        "dtype": form.dtype.name,
        "around": [form.bos, form.eos, encoding.max_tokens],
        "text": wanted.text,
        "id": wanted.id,
    }
    store = job.store(depends)
    job.run(EncodePass(job.shards, store, encoding, wanted))
    store.seal()
    table = store.table()
    found = accounts(table)
    files = write_rejected(job, table, target, [of.documents for of in found])
    try:
        return files, write(job, table, found, choices, encoding)
    except ValueError as error:  # of memory
        raise JobError(str(error)) from None
