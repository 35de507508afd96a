"""shards: the capabilities on files: shards in, shards out, every row accounted for.

    dedup       near-duplicates removed
    select      rows that look like a target
    paragraphs  lines and paragraphs that repeat: cut out, their rows dropped, or tagged
    membership  what of the texts is in a filter; build_filter makes one
    convert     other formats, other sizes, some of the fields, some of the rows
    decontaminate   benchmarks found: rows dropped, cut or tagged
    count       how often n-grams occur; lexicon: those that hang together
    count_terms how often terms and pairs of terms occur
    tokenize    texts as ids, in shards for trainers; TokenShards reads them
    score       the losses of texts under language models
    passages    what stands in several places cut out, or shown
    train_tokenizer  a vocabulary of files
    run         jobs one after the other, by a recipe; plan: what that would do
    why         what became of a row of a job, and why
    stats       what a corpus is made of
    tokenizers  what tokenizers make of a corpus, by language or source
    Ledger      the account of a job; Ledger.load(OUT) reads an earlier one

The order of reading: reading/ makes blocks of rows of files, passes walks over them, state/ keeps what
a job knows between passes and runs, writing/ fills OUT, job joins these; jobs/ has a folder for each kind,
and recipe/ runs several of them.
"""

from __future__ import annotations

from corpusmill.shards.errors import JobError, UsageError
from corpusmill.shards.jobs.convert.job import convert
from corpusmill.shards.jobs.count.job import count, lexicon
from corpusmill.shards.jobs.count.terms import count_terms, read_pairs, read_terms
from corpusmill.shards.jobs.decontaminate.job import decontaminate
from corpusmill.shards.jobs.dedup.job import dedup
from corpusmill.shards.jobs.fate import Entry, Fate, Place, Why
from corpusmill.shards.jobs.membership.build import Built, build_filter
from corpusmill.shards.jobs.membership.job import membership
from corpusmill.shards.jobs.paragraphs.job import paragraphs
from corpusmill.shards.jobs.passages.job import passages
from corpusmill.shards.jobs.score.job import score
from corpusmill.shards.jobs.select.job import select
from corpusmill.shards.jobs.stats.job import stats
from corpusmill.shards.jobs.stats.result import Stats
from corpusmill.shards.jobs.tokenize.job import tokenize
from corpusmill.shards.jobs.tokenizers.job import TokenizerReport, tokenizers
from corpusmill.shards.jobs.train_tokenizer.job import Trained, train_tokenizer
from corpusmill.shards.jobs.why.why import why
from corpusmill.shards.ledger import FileEntry, Ledger
from corpusmill.shards.progress import Notice, Progress
from corpusmill.shards.recipe.account import Account
from corpusmill.shards.recipe.plan import Planned
from corpusmill.shards.recipe.run import plan, run
from corpusmill.shards.tokens.read import TokenShards

__all__ = [
    "Account",
    "Built",
    "Entry",
    "Fate",
    "FileEntry",
    "JobError",
    "Ledger",
    "Notice",
    "Place",
    "Planned",
    "Progress",
    "Stats",
    "TokenShards",
    "TokenizerReport",
    "Trained",
    "UsageError",
    "Why",
    "build_filter",
    "convert",
    "count",
    "count_terms",
    "decontaminate",
    "dedup",
    "lexicon",
    "membership",
    "paragraphs",
    "passages",
    "plan",
    "read_pairs",
    "read_terms",
    "run",
    "score",
    "select",
    "stats",
    "tokenize",
    "tokenizers",
    "train_tokenizer",
    "why",
]
