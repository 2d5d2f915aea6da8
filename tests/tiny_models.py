"""Tiny random models with a real tokenizer, in the form in which transformers keeps models."""

from pathlib import Path

TEXT = "the revenue was is not 450 89 . , billion million company in 2024 grew fell and of a to"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}


def save_tokenizer(folder: Path, longest: int = 64) -> int:
    """Write a BERT tokenizer of few words and all ASCII letters, and return its size."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    letters = [chr(n) for n in range(33, 127)]
    names = list(dict.fromkeys([*SPECIAL, *TEXT.split(), *letters, *(f"##{letter}" for letter in letters)]))
    vocabulary = {name: n for n, name in enumerate(names)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends = [("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=ends
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=longest, pad_token="[PAD]", unk_token="[UNK]",
        cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]",
    ).save_pretrained(folder)  # fmt: skip
    return len(vocabulary)


def save_bert(folder: Path, head: str, labels: list[str] | None = None, longest: int = 64, **settings: object) -> Path:
    """Write a BERT with a head, e.g. `SequenceClassification`, or none (``); the same weights each time."""
    import torch
    import transformers

    size = save_tokenizer(folder, longest)
    names = {"id2label": dict(enumerate(labels)), "label2id": {x: n for n, x in enumerate(labels)}} if labels else {}
    config = transformers.BertConfig(vocab_size=size, max_position_embeddings=longest, **SIZES, **names, **settings)
    torch.manual_seed(1)
    kind = getattr(transformers, f"BertFor{head}" if head else "BertModel")
    model = kind(config).eval()
    with torch.no_grad():
        for value in model.parameters():
            value.mul_(8)  # so that different texts give clearly different results
    model.save_pretrained(folder)
    return folder
