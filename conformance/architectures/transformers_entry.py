"""What an entry of transformers' catalogue is made of: small sizes for its configuration, and what models are fed."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Feed = Callable[[int, int], dict[str, Tensor]]  # by batch and step, as Inputs, with the parameters' names

VOCABULARY = 99
LENGTH = 12


@dataclass(frozen=True)
class Entry:
    """One model of the library."""

    model: str
    options: dict
    feed: Feed
    config: str = ""  # the model's class name with Config in place of Model, unless it is said


def tokens(batch: int, step: int) -> dict[str, Tensor]:
    """Random tokens; with a step there are more."""
    return {"input_ids": torch.randint(3, VOCABULARY, (batch, LENGTH + 5 * step))}


def masked(batch: int, step: int) -> dict[str, Tensor]:
    """Random tokens, of which every second row ends early."""
    ids = tokens(batch, step)["input_ids"]
    mask = torch.ones_like(ids)
    mask[1::2, -4:] = 0
    return {"input_ids": ids, "attention_mask": mask}


def masked_keys(batch: int, step: int) -> dict[str, Tensor]:
    """Random tokens of one length, with what is added to attention: the same for all queries, however many there are."""
    given = masked(batch, 0)
    return {**given, "attention_mask": (given["attention_mask"][:, None, None] - 1) * 1e4}


def translation(batch: int, step: int) -> dict[str, Tensor]:
    """Tokens for an encoder and a decoder."""
    answer = torch.randint(3, VOCABULARY, (batch, 7 + 3 * step))
    return {**masked(batch, step), "decoder_input_ids": answer}


def pixels(size: int, grow: int = 0) -> Feed:
    """Random images."""
    return lambda batch, step: {"pixel_values": torch.randn(batch, 3, size + step * grow, size + 2 * step * grow)}


def pixels_and_text(size: int) -> Feed:
    """Images beside texts, as many of each."""
    return lambda batch, step: {**masked(batch, step), **pixels(size)(batch, 0)}


def sound(batch: int, step: int) -> dict[str, Tensor]:
    """A waveform; with a step a longer one."""
    return {"input_values": torch.randn(batch, 2000 + 700 * step)}


def spectrogram(batch: int, step: int) -> dict[str, Tensor]:
    """Mel features of a fixed length, and the words so far."""
    words = torch.randint(3, VOCABULARY, (batch, 6 + 3 * step))
    return {"input_features": torch.randn(batch, 16, 60), "decoder_input_ids": words}


def boxed(batch: int, step: int) -> dict[str, Tensor]:
    """Tokens with their boxes on a page."""
    given = masked(batch, step)
    corner = torch.randint(0, 50, (*given["input_ids"].shape, 2))
    return {**given, "bbox": torch.cat([corner, corner + 10], -1)}


NARROW = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
TEXT = {**NARROW, "vocab_size": VOCABULARY, "max_position_embeddings": 64}
GROUPED = {**TEXT, "num_key_value_heads": 2, "pad_token_id": 0}
SEEING = {**NARROW, "image_size": 32, "patch_size": 8}
SEQUENCE = {
    "vocab_size": VOCABULARY,
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "max_position_embeddings": 64,
}
T5 = {"vocab_size": VOCABULARY, "d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4}
HEARING = {
    **NARROW,
    "conv_dim": (16, 16, 16),
    "conv_kernel": (10, 3, 3),
    "conv_stride": (5, 2, 2),
    "num_feat_extract_layers": 3,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
    "vocab_size": 32,
}
STAGES = {"depths": [1, 1, 1, 1], "hidden_sizes": [16, 24, 32, 40]}
WINDOWED = {"image_size": 64, "patch_size": 4, "embed_dim": 16, "depths": [1, 2], "num_heads": [2, 4], "window_size": 4}
TWO_TOWERS = {"text_config": {**TEXT, "projection_dim": 16}, "vision_config": {**SEEING, "projection_dim": 16}}
