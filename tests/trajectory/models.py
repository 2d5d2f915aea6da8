"""Tiny random causal models with a byte-level tokenizer, in the form in which transformers keeps models."""

from pathlib import Path

TEXT = "The revenue of the company grew to 450 million in 2024, and fell to 89 million. Größe 東京 ok."
TEMPLATE = (
    "{% for m in messages %}{{ '<' + m['role'] + '>' + m['content'] + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
PLACES = 96


def save_tokenizer(folder: Path, *, chat: bool = False) -> int:
    """Write a byte-level BPE tokenizer of 320 tokens, and return its size."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=["<|end|>"],
        show_progress=False,
    )  # fmt: skip
    tokenizer.train_from_iterator([TEXT] * 5, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>", bos_token="<|end|>")
    if chat:
        fast.chat_template = TEMPLATE
    fast.save_pretrained(folder)
    return len(fast)


def save_causal(folder: Path, kind: str = "gpt2", *, chat: bool = False, ends: bool = True, scale: float = 8) -> Path:
    """Write a GPT-2- or Llama-shaped model; the same weights each time. `ends` says whether a token ends an answer."""
    import torch
    import transformers

    end = 0 if ends else None
    known = {"vocab_size": save_tokenizer(folder, chat=chat), "bos_token_id": 0, "eos_token_id": end}
    if kind == "gpt2":
        config = transformers.GPT2Config(n_embd=32, n_layer=2, n_head=4, n_positions=PLACES, **known)
    else:
        config = transformers.LlamaConfig(
            hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, intermediate_size=64,
            max_position_embeddings=PLACES, tie_word_embeddings=False, **known,
        )  # fmt: skip
    torch.manual_seed(1)
    model = transformers.AutoModelForCausalLM.from_config(config).eval()
    with torch.no_grad():
        for value in model.parameters():
            if value.dim() > 1:
                value.mul_(scale)  # so that different texts give clearly different results
    model.save_pretrained(folder)
    return folder
