"""Tiny causal language models with a byte-level tokenizer, in the form in which transformers keeps models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

TEXT = [
    "The revenue of the company was 450 million in 2024, and it grew by nearly a third over last year.",
    "The Loire is 1006 kilometres long. It rises in the Massif Central and flows into the Atlantic.",
    "You ask, and I answer: the capital of France is Paris, and the capital of Spain is Madrid.",
]
START, END = "<s>", "</s>"
TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}{% if m['role'] not in ['system', 'user', 'assistant'] %}"
    "{{ raise_exception('unknown role ' + m['role']) }}{% endif %}[{{ m['role'] }}]{{ m['content'] }}{{ eos_token }}"
    "{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}"
)


def save_tokenizer(
    folder: Path, *, template: str | None = TEMPLATE, start: bool = True, size: int = 400, text: Sequence[str] = TEXT
) -> int:
    """Write a byte-level BPE trained on few words, and return its size; `start` puts `<s>` before every text."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(text, trainer)
    if start:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{START} $A", pair=f"{START} $A $B", special_tokens=[(START, tokenizer.token_to_id(START))]
        )
    saved = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=START, eos_token=END)
    if template:
        saved.chat_template = template
    saved.save_pretrained(folder)
    return int(tokenizer.get_vocab_size())


def save_causal(
    folder: Path, kind: str = "Llama", longest: int = 128, settings: dict[str, Any] | None = None, **tokenizer: Any
) -> Path:
    """Write a random model of a kind (`GPT2`, `Llama`) that says clearly different things; the same weights each time."""
    import torch
    import transformers

    size = save_tokenizer(folder, **tokenizer)
    torch.manual_seed(1)
    model = getattr(transformers, f"{kind}ForCausalLM" if kind != "GPT2" else "GPT2LMHeadModel")(
        config(kind, size, longest, **(settings or {}))
    )
    with torch.no_grad():
        for name, value in model.named_parameters():
            if value.dim() > 1 and "norm" not in name and "ln_" not in name:
                value.mul_(6)
    model.eval().save_pretrained(folder)
    return folder


def config(kind: str, size: int, longest: int = 128, **settings: Any) -> Any:
    """Return the configuration of a tiny model."""
    import transformers

    ends = {"bos_token_id": 0, "eos_token_id": 1, **settings}
    if kind == "GPT2":
        return transformers.GPT2Config(vocab_size=size, n_positions=longest, n_embd=32, n_layer=2, n_head=4, **ends)
    return getattr(transformers, f"{kind}Config")(
        vocab_size=size, max_position_embeddings=longest, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, head_dim=8, **ends,
    )  # fmt: skip
