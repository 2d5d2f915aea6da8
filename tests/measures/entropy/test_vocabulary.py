"""How many tokens a model chooses among."""

from __future__ import annotations

import pytest

from otel_cert.measures.entropy.vocabulary import vocabularies, vocabulary_of


@pytest.mark.parametrize(
    ("model", "size"),
    [
        ("gpt-4o-mini-2024-07-18", 200_019),
        ("openai/gpt-4.1", 200_019),
        ("ft:gpt-4o-mini-2024-07-18:shop::a1", 200_019),
        ("gpt-4-0613", 100_277),
        ("GPT-35-Turbo", 100_277),
        ("gpt-oss-20b", 201_088),
        ("meta-llama/Llama-3.1-8B-Instruct", 128_256),
        ("us.meta.llama3-1-8b-instruct-v1:0", 128_256),
        ("deepseek-ai/DeepSeek-R1", 129_280),
        ("deepseek-r1-distill-qwen-7b", 152_064),
        ("gpt-45", None),
        ("o300", None),
        ("claude-sonnet-4-5", None),
        ("my-deployment", None),
        ("", None),
        (None, None),
    ],
)
def test_known_by_the_longest_beginning_of_its_name(model: str | None, size: int | None) -> None:
    found = vocabulary_of(model)
    assert (found.size if found else None) == size


def test_sizes_of_the_user_go_first() -> None:
    assert vocabulary_of("My-Deployment-2", {"my-deployment": 32_000}) == ("my-deployment", 32_000)
    assert vocabulary_of("gpt-4o", {"gpt-4o": 5}) == ("gpt-4o", 5)


def test_every_entry_has_a_source_and_a_day() -> None:
    assert all(known.source and known.date.year > 2025 and known.models for known in vocabularies().values())
    models = [model for known in vocabularies().values() for model in known.models]
    assert len(models) == len(set(models))
