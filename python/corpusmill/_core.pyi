"""The typed face of the compiled module. Arrays are NumPy's, columns are capsule pairs."""

from collections.abc import Sequence
from typing import Any, TypeAlias, TypedDict, overload

import numpy as np
import numpy.typing as npt
from typing_extensions import Buffer

Chunks: TypeAlias = Sequence[tuple[Any, Any]]
Int64s: TypeAlias = npt.NDArray[np.int64]
Uint64s: TypeAlias = npt.NDArray[np.uint64]
Uint32s: TypeAlias = npt.NDArray[np.uint32]
Bytes: TypeAlias = npt.NDArray[np.uint8]
Doubles: TypeAlias = npt.NDArray[np.float64]
Grams: TypeAlias = tuple[Int64s, Bytes, Int64s, Doubles]
TermRows: TypeAlias = tuple[Int64s, Uint32s, list[Int64s]]
ListedTerms: TypeAlias = tuple[TermRows, TermRows]

class core:
    class StreamHash:
        def __init__(self) -> None: ...
        def update(self, piece: Buffer) -> None: ...
        def hexdigest(self) -> str: ...

    @staticmethod
    def simd_level() -> str: ...
    @staticmethod
    def simd_levels() -> list[str]: ...
    @staticmethod
    def resolve_threads(threads: int) -> int: ...
    @staticmethod
    def sync_file_system(folder: bytes) -> None: ...
    @staticmethod
    def validity(chunks: Chunks) -> Bytes: ...
    @staticmethod
    def byte_lengths(chunks: Chunks) -> Int64s: ...
    @staticmethod
    def gather(chunks: Chunks, rows: Int64s) -> tuple[Int64s, bytes]: ...
    @staticmethod
    def longest_prefixed(page: Buffer) -> int: ...
    @staticmethod
    def read_places(file: int, offset: int, starts: Int64s, sizes: Int64s, room: Bytes) -> None: ...

class text:
    unicode_version: str
    script_names: list[str]
    @staticmethod
    def counts(chunks: Chunks, threads: int) -> tuple[Int64s, Int64s, Int64s]: ...
    @staticmethod
    def words(chunks: Chunks, threads: int) -> tuple[Int64s, Int64s, Bytes]: ...
    @staticmethod
    def word_spans(chunks: Chunks, threads: int) -> tuple[Int64s, Int64s, Int64s]: ...
    @staticmethod
    def hold_words(
        chunks: Chunks, lists: Int64s, begin: Int64s, end: Int64s, least: int, threads: int
    ) -> npt.NDArray[np.uint8]: ...
    @staticmethod
    def cut(chunks: Chunks, lists: Int64s, begin: Int64s, end: Int64s) -> tuple[Int64s, Bytes]: ...
    @staticmethod
    def widen(
        chunks: Chunks,
        lists: Int64s,
        begin: Int64s,
        end: Int64s,
        before: int,
        after: int,
        shortest: int,
        after_last: int,
        shortest_last: int,
        is_for_all: bool,
    ) -> tuple[Int64s, Int64s, Int64s, Int64s]: ...
    @staticmethod
    def well_formed(chunks: Chunks) -> Bytes: ...
    @staticmethod
    def normalize(
        chunks: Chunks, form: str | None, casefold: bool, whitespace: bool, threads: int
    ) -> tuple[Int64s, Bytes]: ...
    @staticmethod
    def character_offsets(chunks: Chunks, lists: Int64s, bytes: Int64s, threads: int) -> Int64s: ...

class ngram:
    class WordForm:
        words: ngram.WordForm
        zeros: ngram.WordForm
        ascii: ngram.WordForm
        janitor: ngram.WordForm

    class ContaminationIndex:
        def __init__(
            self,
            n: int,
            min_words: int,
            form: ngram.WordForm,
            joined: bool,
            threshold: float,
            quantile: float,
        ) -> None: ...
        def add(self, chunks: Chunks) -> None: ...
        def build(self) -> None: ...
        def find(
            self, chunks: Chunks, threads: int
        ) -> tuple[
            Int64s, Int64s, Int64s, Int64s, Int64s, Int64s, Int64s, Int64s, Uint32s, Uint32s, Int64s
        ]: ...
        def ngrams_by_document(self, chunks: Chunks, threads: int) -> Uint32s: ...
        def ignore(self, ngrams: Int64s) -> None: ...
        def longest_places(self, ngrams: Int64s) -> Uint32s: ...
        def num_bytes(self) -> int: ...
        def num_ngrams(self) -> int: ...
        def num_words(self) -> npt.NDArray[np.uint32]: ...
        def num_own(self) -> npt.NDArray[np.uint32]: ...

    class Unit:
        word: ngram.Unit
        char: ngram.Unit
        byte: ngram.Unit
        token: ngram.Unit

    class ShingleOptions:
        def __init__(
            self, n: int, unit: ngram.Unit, token_bytes: int = ..., token_signed: bool = ...
        ) -> None: ...

    @staticmethod
    def hashes(
        chunks: Chunks, options: ngram.ShingleOptions, threads: int
    ) -> tuple[Int64s, Uint64s]: ...

    class Tokenizer:
        words: ngram.Tokenizer
        wordpunct: ngram.Tokenizer
        whitespace: ngram.Tokenizer

    class FeatureHash:
        fast: ngram.FeatureHash
        sha256: ngram.FeatureHash

    class FeatureOptions:
        def __init__(
            self,
            orders: Sequence[int],
            buckets: int,
            unit: ngram.Unit,
            token_bytes: int,
            token_signed: bool,
            tokenizer: ngram.Tokenizer,
            hash: ngram.FeatureHash,
        ) -> None: ...

    @staticmethod
    def features(
        chunks: Chunks, options: ngram.FeatureOptions, threads: int
    ) -> tuple[Int64s, Uint32s, Uint32s]: ...
    @staticmethod
    def feature_totals(chunks: Chunks, options: ngram.FeatureOptions, threads: int) -> Int64s: ...
    @staticmethod
    def feature_sums(
        chunks: Chunks, options: ngram.FeatureOptions, table: Doubles, threads: int
    ) -> tuple[Doubles, Int64s, Int64s]: ...

    class GramCounter:
        def __init__(
            self,
            orders: list[int],
            unit: ngram.Unit,
            expected_bytes: int,
            folder: str,
            memory: int,
            threads: int,
            kept_as: str,
            token_bytes: int,
            token_signed: bool,
        ) -> None: ...
        def add(self, chunks: Chunks, threads: int) -> None: ...
        def save(self) -> npt.NDArray[np.uint64]: ...
        def sync(self) -> None: ...
        def go_on(self, saved: Uint64s) -> bool: ...
        def total(self, order: int) -> int: ...
        def num_parts(self) -> int: ...
        def part(self, order: int, part: int, min_count: int) -> Grams: ...
        def all(self, order: int, min_count: int) -> Grams: ...
        def unit_counts(self) -> Uint64s: ...
        def top(
            self,
            order: int,
            k: int,
            min_count: int,
            first_part: int,
            end_part: int,
            least: float,
        ) -> Grams: ...
        def lexicon(
            self,
            order: int,
            k: int,
            min_count: int,
            first_part: int,
            end_part: int,
            least: float,
            units: Uint64s,
        ) -> Grams: ...

    class BestGrams:
        def __init__(self, k: int) -> None: ...
        def least(self) -> float: ...
        def add(self, offsets: Int64s, texts: Bytes, counts: Int64s, scores: Doubles) -> None: ...
        def grams(self) -> Grams: ...

    class Terms:
        def __init__(self, forms: Chunks, term_of: Uint32s, words: bool, cased: bool) -> None: ...

    class TermCounter:
        def __init__(
            self,
            terms: ngram.Terms,
            pairs: Uint32s,
            windows: list[int],
            rows: bool,
            threads: int,
        ) -> None: ...
        def add(self, chunks: Chunks, threads: int) -> ListedTerms: ...
        def counts(
            self,
        ) -> tuple[tuple[Int64s, Int64s, Int64s], tuple[Int64s, Int64s, list[Int64s]]]: ...

    class ItemUnit:
        word: ngram.ItemUnit
        char: ngram.ItemUnit
        byte: ngram.ItemUnit
        line: ngram.ItemUnit
        paragraph: ngram.ItemUnit
        token: ngram.ItemUnit

    class ItemOptions:
        def __init__(
            self,
            n: int,
            unit: ngram.ItemUnit,
            stride: int,
            squeeze: bool,
            token_bytes: int,
            token_signed: bool,
        ) -> None: ...

    class Bloom:
        def __init__(self, num_blocks: int) -> None: ...
        def num_blocks(self) -> int: ...
        def nbytes(self) -> int: ...
        def add(self, chunks: Chunks, options: ngram.ItemOptions, threads: int) -> int: ...
        def merge(self, other: ngram.Bloom, threads: int) -> None: ...
        def load(self, threads: int) -> tuple[float, float]: ...
        def save(
            self,
            path: bytes,
            n: int,
            unit: int,
            stride: int,
            squeeze: bool,
            items: int,
            rate: float,
            added: int,
        ) -> None: ...
        def contains(
            self, chunks: Chunks, options: ngram.ItemOptions, threads: int
        ) -> tuple[Int64s, Bytes]: ...
        def count_members(
            self, chunks: Chunks, options: ngram.ItemOptions, threads: int
        ) -> tuple[Int64s, Int64s]: ...
        def longest_spans(
            self, chunks: Chunks, options: ngram.ItemOptions, threads: int
        ) -> tuple[Int64s, Int64s, Int64s]: ...

    @staticmethod
    def open_bloom(
        path: bytes, verify: bool
    ) -> tuple[ngram.Bloom, tuple[int, int, int, bool, int, float], int]: ...
    @staticmethod
    def bloom_blocks(items: int, rate: float) -> int: ...
    @staticmethod
    def bloom_rate(hashes_per_block: float) -> float: ...

class dedup:
    signature_version: int

    class Piece:
        line: dedup.Piece
        paragraph: dedup.Piece

    class ContentSet:
        def __init__(self) -> None: ...
        def size(self) -> int: ...
        def nbytes(self) -> int: ...

    @overload
    @staticmethod
    def repeated_pieces(
        chunks: Chunks,
        piece: dedup.Piece,
        min_bytes: int,
        keep_first: bool,
        seen: dedup.ContentSet,
        threads: int,
    ) -> tuple[Int64s, Int64s, Int64s]: ...
    @overload
    @staticmethod
    def repeated_pieces(
        chunks: Chunks,
        piece: dedup.Piece,
        min_bytes: int,
        keep_first: bool,
        seen: ngram.Bloom,
        threads: int,
    ) -> tuple[tuple[Int64s, Int64s, Int64s], int]: ...
    @staticmethod
    def hash_pieces(
        chunks: Chunks, piece: dedup.Piece, min_bytes: int, for_filter: bool
    ) -> tuple[Uint32s, Uint64s]: ...
    @staticmethod
    def seen_before(pieces: Uint64s, seen: dedup.ContentSet | ngram.Bloom) -> Bytes: ...
    @staticmethod
    def seen_in(pieces: Uint64s, seen: dedup.ContentSet | ngram.Bloom) -> Bytes: ...

    class SignatureOptions:
        def __init__(self, shingles: ngram.ShingleOptions, num_hashes: int, seed: int) -> None: ...

    class Verify:
        exact: dedup.Verify
        signature: dedup.Verify
        none: dedup.Verify

    class DecideOptions:
        def __init__(
            self,
            num_hashes: int,
            bands: int,
            rows: int,
            threshold: float,
            verify: dedup.Verify,
            max_comparisons: int,
        ) -> None: ...

    class Decider:
        def __init__(
            self,
            num_rows: int,
            order: Int64s | None,
            options: dedup.DecideOptions,
            folder: str,
            memory: int | None,
            threads: int,
        ) -> None: ...
        def add_rows(self, blocks: Sequence[tuple[Uint64s, Uint32s]]) -> None: ...
        def add_buckets(self, blocks: Sequence[tuple[Uint64s, Uint64s]]) -> None: ...
        def find_candidates(self) -> Int64s: ...
        def add_signatures(self, rows: Int64s, picks: Int64s, slots: Uint32s) -> None: ...
        def rows_to_verify(self) -> Int64s: ...
        def add_sets(
            self,
            rows: Int64s,
            picks: Int64s,
            chunks: Chunks,
            options: ngram.ShingleOptions,
            threads: int,
        ) -> None: ...
        def decide(self) -> tuple[Int64s, Int64s, Doubles, npt.NDArray[np.int8]]: ...
        def capped(self) -> tuple[int, list[tuple[int, int, int, int]]]: ...

    least_passage_bytes: int

    class PassageOptions:
        def __init__(self, min_bytes: int, keep_first: bool) -> None: ...

    class PassageFinder:
        def __init__(
            self,
            options: dedup.PassageOptions,
            bytes: int,
            folder: str,
            memory: int | None,
            threads: int,
        ) -> None: ...
        def add(self, chunks: Chunks, position: int, threads: int) -> None: ...
        def end_walk(self) -> bool: ...
        def wants(self, begin: int, end: int) -> bool: ...
        def passages(
            self, position: int, lengths: Int64s, threads: int
        ) -> tuple[Int64s, Int64s, Int64s]: ...

    @staticmethod
    def passages(
        chunks: Chunks, options: dedup.PassageOptions, threads: int
    ) -> tuple[Int64s, Int64s, Int64s]: ...
    @staticmethod
    def signatures(chunks: Chunks, options: dedup.SignatureOptions, threads: int) -> Uint32s: ...
    @staticmethod
    def signatures_of_hashes(
        offsets: Int64s, values: Uint64s, num_hashes: int, seed: int, threads: int
    ) -> Uint32s: ...
    @staticmethod
    def content_hashes(chunks: Chunks, threads: int) -> Uint64s: ...

    class Same:
        bytes: dedup.Same
        shingles: dedup.Same

    @staticmethod
    def sketch(
        chunks: Chunks, options: dedup.SignatureOptions, same: dedup.Same, threads: int
    ) -> tuple[Uint32s, Uint64s]: ...
    @staticmethod
    def sketch_buckets(
        chunks: Chunks,
        options: dedup.SignatureOptions,
        bands: int,
        rows: int,
        same: dedup.Same,
        threads: int,
    ) -> tuple[Uint64s, Uint64s]: ...
    @staticmethod
    def similarity(left: Uint32s, right: Uint32s, num_hashes: int) -> Doubles: ...
    @staticmethod
    def jaccard(
        chunks: Chunks, left: Int64s, right: Int64s, options: ngram.ShingleOptions, threads: int
    ) -> Doubles: ...
    @staticmethod
    def buckets(
        slots: Uint32s, num_hashes: int, bands: int, rows: int, threads: int
    ) -> Uint64s: ...
    @staticmethod
    def pairs(
        slots: Uint32s,
        num_hashes: int,
        row_numbers: Uint32s,
        bands: int,
        rows: int,
        threshold: float,
        max_comparisons: int,
        threads: int,
    ) -> tuple[Int64s, Int64s, Doubles]: ...
    class Matches:
        first: dedup.Matches
        best: dedup.Matches
        all: dedup.Matches

    class IndexSection:
        signatures: dedup.IndexSection
        tables: dedup.IndexSection
        cluster_sizes: dedup.IndexSection
        id_offsets: dedup.IndexSection
        id_bytes: dedup.IndexSection
        id_validity: dedup.IndexSection

    class IndexWriter:
        def __init__(
            self,
            path: bytes,
            n: int,
            unit: ngram.Unit,
            num_hashes: int,
            seed: int,
            threshold: float,
            bands: int,
            rows: int,
        ) -> None: ...
        def append(self, section: dedup.IndexSection, bytes: Bytes) -> None: ...
        def append_tables(self, folder: bytes, memory: int, threads: int) -> None: ...
        def finish(self, threads: int) -> None: ...

    class IndexFile:
        def __init__(self, path: bytes) -> None: ...
        def verify(self, threads: int) -> None: ...
        def let_go(self) -> None: ...
        def options(self) -> tuple[int, ngram.Unit, int, int, float, int, int]: ...
        def num_entries(self) -> int: ...
        def identity(self) -> tuple[int, int]: ...
        def section(self, section: dedup.IndexSection) -> Bytes: ...

    @staticmethod
    def index_tables(
        slots: Uint32s, num_hashes: int, bands: int, rows: int, threads: int
    ) -> Bytes: ...
    @staticmethod
    def index_query(
        slots: Sequence[Uint32s],
        tables: Sequence[Bytes | None],
        docs: Uint32s,
        num_hashes: int,
        bands: int,
        rows: int,
        threshold: float,
        verify: bool,
        matches: dedup.Matches,
        max_comparisons: int,
        resident: int | None,
        threads: int,
    ) -> tuple[Int64s, Int64s, Doubles]: ...
    @staticmethod
    def components(left: Int64s, right: Int64s, num_rows: int) -> Int64s: ...

class tokenizer:
    CATEGORY_VERSION: str

    class Pattern:
        __members__: dict[str, tokenizer.Pattern]

    class Stage:
        name: str
        first: tokenizer.Stage
        second: tokenizer.Stage
        normalized: tokenizer.Stage
        never: tokenizer.Stage

    class Change:
        name: str
        none: tokenizer.Change
        blank: tokenizer.Change
        nfc: tokenizer.Change
        nfd: tokenizer.Change
        nfkc: tokenizer.Change
        nfkd: tokenizer.Change
        __members__: dict[str, tokenizer.Change]

    class TextRule:
        name: str
        charsmap: tokenizer.TextRule
        replace: tokenizer.TextRule
        runs: tokenizer.TextRule
        prepend: tokenizer.TextRule
        lead: tokenizer.TextRule
        lead_first: tokenizer.TextRule
        strip_left: tokenizer.TextRule
        strip_right: tokenizer.TextRule
        nfc: tokenizer.TextRule
        nfd: tokenizer.TextRule
        nfkc: tokenizer.TextRule
        nfkd: tokenizer.TextRule
        lowercase: tokenizer.TextRule
        strip_accents: tokenizer.TextRule
        nmt: tokenizer.TextRule

    class Around:
        def __init__(
            self,
            rules: Sequence[tuple[tokenizer.TextRule, bytes, bytes]],
            first: tuple[Bytes, Int64s],
            later: tuple[Bytes, Int64s],
            bytes_of: npt.NDArray[np.int16],
            blanks_dropped: int,
            cache_bytes: int,
        ) -> None: ...

    class Tokenizer:
        def encode16(
            self, docs: Chunks, allowed: Bytes, max_tokens: int, threads: int
        ) -> tuple[Int64s, npt.NDArray[np.uint16]]: ...
        def encode32(
            self, docs: Chunks, allowed: Bytes, max_tokens: int, threads: int
        ) -> tuple[Int64s, Uint32s]: ...
        def count(self, docs: Chunks, allowed: Bytes, threads: int) -> Int64s: ...
        def offsets16(
            self, docs: Chunks, allowed: Bytes, threads: int
        ) -> tuple[Int64s, npt.NDArray[np.uint16], Int64s, Int64s]: ...
        def offsets32(
            self, docs: Chunks, allowed: Bytes, threads: int
        ) -> tuple[Int64s, Uint32s, Int64s, Int64s]: ...
        def special_counts(
            self, docs: Chunks, allowed: Bytes, threads: int
        ) -> tuple[Int64s, npt.NDArray[np.int32], Int64s]: ...
        def decode(
            self, ids: Chunks, token_bytes: int, token_signed: bool
        ) -> tuple[Int64s, Bytes]: ...
        def add_tokens(
            self, tokens: Sequence[tuple[str, int, bool, bool, bool, tokenizer.Stage, bool]]
        ) -> None: ...

    class PieceCounter:
        def __init__(self, cut_by: tokenizer.Tokenizer) -> None: ...
        def add(self, docs: Chunks, threads: int) -> None: ...
        size: int
        num_bytes: int

    @staticmethod
    def train(
        base: tokenizer.Tokenizer,
        pieces: tokenizer.PieceCounter,
        taken: Bytes,
        taken_offsets: Int64s,
        num_merges: int,
        min_count: int,
        longest: int,
        first_id: int,
    ) -> Uint32s: ...
    @staticmethod
    def bpe_parts(
        bpe: tokenizer.Tokenizer,
    ) -> tuple[bytes, npt.NDArray[np.uint64], Uint32s, bool, tokenizer.Change]: ...
    @staticmethod
    def byte_bpe(
        tokens: Bytes, offsets: Int64s, pattern: tokenizer.Pattern, cache_bytes: int
    ) -> tokenizer.Tokenizer: ...
    @staticmethod
    def sentencepiece(
        file: bytes, cache_bytes: int
    ) -> tuple[tokenizer.Tokenizer, bool, int, list[tuple[str, int]], int]: ...
    @staticmethod
    def merged_bpe(
        tokens: Bytes,
        offsets: Int64s,
        merges: Uint32s,
        whole_pieces: bool,
        pattern: tokenizer.Pattern,
        change: tokenizer.Change,
        cache_bytes: int,
    ) -> tokenizer.Tokenizer: ...
    @staticmethod
    def merged_pieces(
        tokens: tuple[Bytes, Int64s],
        types: Bytes,
        merges: Uint32s,
        is_whole: Bytes,
        byte_fallback: bool,
        fuses_unknown: bool,
        cuts_at_spaces: bool,
        around: tokenizer.Around,
    ) -> tokenizer.Tokenizer: ...
    @staticmethod
    def word_unigram(
        tokens: tuple[Bytes, Int64s],
        is_text: Bytes,
        scores: Doubles,
        unknown: int,
        byte_fallback: bool,
        cuts_at_blanks: bool,
        cuts_at_marks: bool,
        leads: bool,
        around: tokenizer.Around,
    ) -> tokenizer.Tokenizer: ...

    class BertRules:
        def __init__(
            self,
            clean_text: bool,
            handle_chinese_chars: bool,
            strip_accents: bool,
            lowercase: bool,
        ) -> None: ...

    @staticmethod
    def wordpiece(
        tokens: tuple[Bytes, Int64s],
        first: tuple[Bytes, Int64s],
        later: tuple[Bytes, Int64s],
        prefix: bytes,
        unknown: int,
        most_characters: int,
        rules: tokenizer.BertRules,
        cache_bytes: int,
    ) -> tokenizer.Tokenizer: ...

class jsonl:
    class Scan(TypedDict):
        num_lines: int
        line_offset: Int64s
        line_length: Int64s
        line_index: Int64s
        text_data: Bytes
        text_offsets: Int64s
        id_data: Bytes
        id_offsets: Int64s
        id_validity: Bytes
        order: Doubles
        rejected_offset: Int64s
        rejected_length: Int64s
        rejected_index: Int64s
        rejected_reason: Bytes

    reasons: list[str]
    types: list[str]
    kinds: list[str]
    @staticmethod
    def write_strings(strings: Chunks) -> tuple[Int64s, Bytes]: ...
    @staticmethod
    def write_objects(
        keys: Sequence[str], values: Sequence[Chunks], valid: npt.NDArray[np.bool_], end: str
    ) -> tuple[Int64s, Bytes]: ...
    @staticmethod
    def write_arrays(
        offsets: Int64s, items: Chunks, valid: npt.NDArray[np.bool_]
    ) -> tuple[Int64s, Bytes]: ...
    @staticmethod
    def project(lines: Buffer, fields: Sequence[tuple[str, str]]) -> bytes: ...
    @staticmethod
    def values(
        block: Buffer, offsets: Int64s, lengths: Int64s, paths: Sequence[Sequence[str]]
    ) -> list[tuple[Bytes, Int64s, Doubles, Int64s, Bytes]]: ...
    @staticmethod
    def count_fields(
        block: Buffer, offsets: Int64s, lengths: Int64s, most: int
    ) -> tuple[dict[str, list[int]], int]: ...
    @staticmethod
    def scan(
        block: Buffer, text_field: str | None, id_field: str | None, order_field: str | None
    ) -> jsonl.Scan: ...
    @staticmethod
    def gather(
        block: Buffer, offsets: Int64s, lengths: Int64s, keep: npt.NDArray[np.bool_]
    ) -> bytes: ...
    @staticmethod
    def append_field(lines: Buffer, key: str, values: Chunks) -> bytes: ...
    @staticmethod
    def replace_field(lines: Buffer, name: str, values: Chunks) -> bytes: ...
    @staticmethod
    def first_deeper(lines: Buffer, most: int) -> int: ...
    @staticmethod
    def count_lines(block: Buffer) -> int: ...
    @staticmethod
    def last_newline(block: Buffer) -> int: ...

class scoring:
    @staticmethod
    def from_logits(
        logits: npt.NDArray[Any],
        targets: Int64s,
        dtype: str,
        level: int,
        scale: float,
        softcap: float | None,
        threads: int,
    ) -> dict[str, npt.NDArray[Any]]: ...
    @staticmethod
    def from_hidden(
        hidden: npt.NDArray[Any],
        weight: npt.NDArray[Any],
        targets: Int64s,
        dtype: str,
        bias: npt.NDArray[np.float32] | None,
        level: int,
        scale: float,
        softcap: float | None,
        threads: int,
    ) -> dict[str, npt.NDArray[Any]]: ...
    @staticmethod
    def sums(
        numbers: npt.NDArray[np.float32], offsets: Int64s, threads: int
    ) -> tuple[Doubles, Int64s]: ...
    @staticmethod
    def min_k(
        nll: npt.NDArray[np.float32], offsets: Int64s, ratio: float, threads: int
    ) -> Doubles: ...
    @staticmethod
    def min_k_pp(
        nll: npt.NDArray[np.float32],
        entropy: npt.NDArray[np.float32],
        variance: npt.NDArray[np.float32],
        offsets: Int64s,
        ratio: float,
        threads: int,
    ) -> Doubles: ...
