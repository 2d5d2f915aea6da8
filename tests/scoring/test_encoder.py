"""Vectors are sentence-transformers' own, and depend on their text alone."""

import re
import subprocess
import sys
from hashlib import sha256

import numpy as np
import pytest

from otel_cert.scoring import runtime
from otel_cert.scoring.cache import MemoryCache
from otel_cert.scoring.disk import DiskCache
from otel_cert.scoring.encoder import Encoder

SENTENCES = [
    "Revenue was $450 billion.",
    "",
    "The bridge over the river was closed for repairs in the spring, and opened again in June.",
    "日本語とエモジ😀👩‍👩‍👧 are mixed, שלום عليكم too.",
    " ".join(f"item {n} costs {n * 7} euros," for n in range(30)),
    "word " * 254,
]


@pytest.fixture(scope="module")
def encoder():
    return Encoder()


@pytest.fixture(scope="module")
def reference():
    from sentence_transformers import SentenceTransformer

    from otel_cert.scoring.models import find_model

    return SentenceTransformer(str(find_model().folder), device="cpu")


def same(one, other):
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("offsets", "half", "pooled"))


def cosines(one, other):
    return np.sum(one * other, axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)


@pytest.mark.parametrize("bf16", [True, False])
def test_it_computes_what_sentence_transformers_does(reference, monkeypatch, bf16):
    if not bf16:
        monkeypatch.setattr(runtime, "_multiplies_bf16", lambda _: False)
    encoder = Encoder()
    used = encoder.versions["runtime"].endswith(" bf16")
    assert bf16 or not used
    least = 0.9995 if used else 0.999999
    pooled = reference.encode(SENTENCES, normalize_embeddings=True)
    tokens = reference.encode(SENTENCES, output_value="token_embeddings")
    for text, found, mean, vectors in zip(SENTENCES, encoder.encode(SENTENCES), pooled, tokens, strict=True):
        assert float(found.pooled @ mean) > least, text
        expected = vectors.numpy()[1:-1]
        assert found.half.shape == (len(expected), 384)
        assert (cosines(found.vectors, expected) > least).all(), text
        assert np.linalg.norm(found.vectors, axis=1) == pytest.approx(1, abs=1e-4)  # rounded to float16
        assert found.pooled.dtype == found.vectors.dtype == np.float32
        assert found.offsets.dtype == np.int32
        assert np.linalg.norm(found.pooled) == pytest.approx(1, abs=1e-6)


def test_bf16_is_not_used_where_it_changes_vectors(monkeypatch):
    monkeypatch.setattr(runtime, "_multiplies_bf16", lambda _: True)
    monkeypatch.setattr(runtime, "_least_cosine", lambda *_: 0.9989)
    assert Encoder().versions["runtime"].endswith(" f32")


def test_a_text_has_the_same_bits_in_every_batch(encoder):
    texts = ["word " * n for n in range(0, 255, 3)] + ["other words " * n for n in range(1, 120, 4)]
    together = encoder.encode(texts)
    rng = np.random.default_rng(0)
    for size in (1, 2, 3, 7, 33):
        chosen = rng.permutation(len(texts))[:size]
        for n, found in zip(chosen, encoder.encode([texts[n] for n in chosen]), strict=True):
            assert same(found, together[n]), texts[n]


def test_more_threads_change_no_bit(encoder):
    for one, other in zip(encoder.encode(SENTENCES), Encoder(threads=2).encode(SENTENCES), strict=True):
        assert same(one, other)


def test_another_process_has_the_same_bits(encoder):
    code = (
        "from otel_cert.scoring.encoder import Encoder; from hashlib import sha256; "
        "print(*(sha256(x.to_bytes()).hexdigest() for x in Encoder().encode(['one', 'two words'])))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.split() == [sha256(x.to_bytes()).hexdigest() for x in encoder.encode(["one", "two words"])]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, world", ["Hello", ",", "world"]),
        ("naïve café", ["naïve", "café"]),
        ("e\u0301te\u0301", ["e\u0301t", "e"]),  # a combining mark at the end of a word is outside of its piece
        ("日本", ["日", "本"]),
        ("שלום", list("שלום")),
        ("x 😀 y", ["x", "😀", "y"]),
        ("a\0b c", ["a\0b", "c"]),
        ("p \ud800 q", ["p", "q"]),
        ("no\ud83d\ude00pe", ["no\ud83d\ude00pe"]),
        ("unbelievably", ["un", "bel", "ie", "va", "bly"]),
        ("w" * 101, ["w" * 101]),  # longer than any known word
        ("", []),
        (" \n\t", []),
    ],
)
def test_pieces_are_characters_of_the_text(encoder, text, expected):
    offsets = encoder.pieces(text)
    assert offsets.dtype == np.int32
    assert offsets.shape == (len(expected), 2)
    assert [text[start:end] for start, end in offsets] == expected


def test_pieces_of_a_long_text_are_not_cut(encoder):
    assert len(encoder.pieces("word " * 10_000)) == 10_000


def test_a_text_that_is_too_long_is_refused_and_never_cut(encoder):
    assert encoder.longest == 254
    with pytest.raises(ValueError, match="1275 characters has 255 word pieces; the model takes 254"):
        encoder.encode(["short", "word " * 255])


def test_texts_that_cannot_be_encoded_give_vectors(encoder):
    for found in encoder.encode(["\ud800", "\0", "\ufffd", "\u202e abc", "\U0010ffff"]):
        assert np.isfinite(found.pooled).all()


def test_cached_vectors_are_the_same_bits(tmp_path, encoder):
    first = Encoder(caches=[MemoryCache(), DiskCache(tmp_path)])
    computed = first.encode(SENTENCES)
    from_memory = first.encode(SENTENCES)
    from_disk = Encoder(caches=[DiskCache(tmp_path)]).encode(SENTENCES)
    for fresh, one, two, three in zip(encoder.encode(SENTENCES), computed, from_memory, from_disk, strict=True):
        assert same(fresh, one)
        assert same(fresh, two)
        assert same(fresh, three)


def test_what_is_not_to_be_kept_is_not():
    memory = MemoryCache()
    keeping = Encoder(caches=[memory])
    keeping.encode(["one answer"], keep=False)
    assert memory.nbytes == 0
    (found,) = keeping.encode(["one context"])
    assert memory.nbytes == found.nbytes > 0


def test_equal_texts_are_computed_once_and_each_is_given(encoder):
    one, two, three = encoder.encode(["same", "other", "same"])
    assert one is three
    assert not same(one, two)


def test_results_cannot_be_changed(encoder):
    (found,) = encoder.encode(["text"])
    with pytest.raises(ValueError, match="read-only"):
        found.half[0, 0] = 0


def test_a_stream_is_read_as_far_as_it_is_asked(encoder):
    read = []

    def texts():
        for n in range(1_000):
            read.append(n)
            yield f"{n}"

    first = next(encoder.stream(texts()))
    assert same(first, encoder.encode(["0"])[0])
    assert len(read) == 256


def test_unloading_frees_and_the_next_text_loads_again():
    used = Encoder()
    (before,) = used.encode(["text"])
    used.unload()
    assert used._runtime is None
    assert same(before, used.encode(["text"])[0])


def test_versions_name_what_vectors_depend_on(encoder):
    versions = encoder.versions
    assert versions["model"].startswith("all-MiniLM-L6-v2 sha256:")
    assert re.fullmatch(r"openvino 20\S+ (bf16|f32)", versions["runtime"])
    assert set(versions) == {"model", "runtime", "tokenizers", "encoder"}
