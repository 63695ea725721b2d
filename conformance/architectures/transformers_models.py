"""Architectures of transformers, each small: two layers of a narrow width, so that all of them take minutes.

An entry names the model's class, the keywords of its configuration, and what it is fed, by parameter name.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
import transformers
from torch import Tensor, nn
from torch.utils import _pytree

from .architecture import Architecture, Inputs
from .settle import strengthen

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


class ByName(nn.Module):
    """A transformers model that takes its inputs in order and answers with the tensors of its output."""

    def __init__(self, model: nn.Module, names: tuple[str, ...]) -> None:
        super().__init__()
        self.model = model
        self.names = names

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        answer = self.model(**dict(zip(self.names, inputs)))
        return tuple(leaf for leaf in _pytree.tree_leaves(answer) if isinstance(leaf, Tensor))


def transformers_models() -> Iterator[Architecture]:
    """All of the entries below."""
    for name, entry in ENTRIES.items():
        yield Architecture("transformers", name, partial(make, entry))


def make(entry: Entry) -> tuple[nn.Module, Inputs]:
    """Builds the model from its configuration."""
    stem = entry.model.removesuffix("Model")
    config = getattr(transformers, entry.config or f"{stem}Config")(**entry.options)
    if hasattr(config, "use_cache"):
        config.use_cache = False
    names = tuple(entry.feed(1, 0))
    model = ByName(getattr(transformers, entry.model)(config), names)
    strengthen(model)
    return model, lambda batch, step: tuple(entry.feed(batch, step).values())


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

ENTRIES = {
    "bert": Entry("BertModel", TEXT, masked),
    "bert_masked_lm": Entry("BertForMaskedLM", TEXT, masked, "BertConfig"),
    "distilbert": Entry(
        "DistilBertModel",
        {"vocab_size": VOCABULARY, "dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64},
        masked,
    ),
    "roberta": Entry("RobertaModel", {**TEXT, "pad_token_id": 1}, masked),
    "xlm_roberta": Entry("XLMRobertaModel", {**TEXT, "pad_token_id": 1}, masked),
    "albert": Entry("AlbertModel", {**TEXT, "embedding_size": 16}, masked),
    "electra": Entry("ElectraModel", {**TEXT, "embedding_size": 16}, masked),
    "deberta_v2": Entry(
        "DebertaV2Model",
        {**TEXT, "relative_attention": True, "pos_att_type": ["p2c", "c2p"], "position_biased_input": False},
        masked,
    ),
    "deberta": Entry("DebertaModel", {**TEXT, "relative_attention": True, "pos_att_type": ["p2c", "c2p"]}, masked),
    "mpnet": Entry("MPNetModel", TEXT, masked),
    "convbert": Entry("ConvBertModel", {**TEXT, "embedding_size": 32}, masked),
    "squeezebert": Entry("SqueezeBertModel", {**TEXT, "embedding_size": 32}, masked),
    "mobilebert": Entry(
        "MobileBertModel",
        {**TEXT, "embedding_size": 32, "true_hidden_size": 32, "intra_bottleneck_size": 32},
        masked,
    ),
    "nystromformer": Entry(
        "NystromformerModel",
        {**TEXT, "segment_means_seq_len": LENGTH, "num_landmarks": 4},
        masked_keys,
    ),
    "roformer": Entry("RoFormerModel", {**TEXT, "embedding_size": 32}, masked),
    "funnel": Entry(
        "FunnelModel",
        {"vocab_size": VOCABULARY, "block_sizes": [1, 1], "d_model": 32, "n_head": 4, "d_head": 8, "d_inner": 64},
        masked,
    ),
    "modernbert": Entry(
        "ModernBertModel",
        {**TEXT, "pad_token_id": 0, "global_attn_every_n_layers": 2, "local_attention": 8},
        masked,
    ),
    "esm": Entry("EsmModel", {**TEXT, "pad_token_id": 1, "mask_token_id": 2}, masked),
    "fnet": Entry("FNetModel", TEXT, tokens),
    "gpt2": Entry("GPT2LMHeadModel", {"vocab_size": VOCABULARY, "n_embd": 32, "n_layer": 2, "n_head": 4}, masked, "GPT2Config"),
    "gpt_neo": Entry(
        "GPTNeoModel",
        {
            **{"vocab_size": VOCABULARY, "hidden_size": 32, "num_layers": 2, "num_heads": 4, "intermediate_size": 64},
            **{"attention_types": [[["global", "local"], 1]], "window_size": 8, "max_position_embeddings": 64},
        },
        masked,
    ),
    "gpt_neox": Entry("GPTNeoXModel", TEXT, masked),
    "gptj": Entry("GPTJModel", {"vocab_size": VOCABULARY, "n_embd": 32, "n_layer": 2, "n_head": 4, "rotary_dim": 4}, masked),
    "codegen": Entry("CodeGenModel", {"vocab_size": VOCABULARY, "n_embd": 32, "n_layer": 2, "n_head": 4, "rotary_dim": 4}, masked),
    "llama": Entry("LlamaForCausalLM", GROUPED, masked, "LlamaConfig"),
    "mistral": Entry("MistralModel", {**GROUPED, "sliding_window": 8}, masked),
    "mixtral": Entry("MixtralModel", {**GROUPED, "num_local_experts": 4}, masked),
    "qwen2": Entry("Qwen2Model", GROUPED, masked),
    "qwen3": Entry("Qwen3Model", {**GROUPED, "head_dim": 8}, masked),
    "gemma": Entry("GemmaModel", {**GROUPED, "head_dim": 8}, masked),
    "gemma2": Entry("Gemma2Model", {**GROUPED, "head_dim": 8, "sliding_window": 8}, masked),
    "gemma3": Entry("Gemma3TextModel", {**GROUPED, "head_dim": 8, "sliding_window": 8}, masked, "Gemma3TextConfig"),
    "phi": Entry("PhiModel", GROUPED, masked),
    "phi3": Entry("Phi3Model", GROUPED, masked),
    "stablelm": Entry("StableLmModel", GROUPED, masked),
    "starcoder2": Entry("Starcoder2Model", GROUPED, masked),
    "olmo2": Entry("Olmo2Model", GROUPED, masked),
    "cohere": Entry("CohereModel", GROUPED, masked),
    "granite": Entry("GraniteModel", GROUPED, masked),
    "opt": Entry("OPTModel", {**TEXT, "ffn_dim": 64, "word_embed_proj_dim": 32, "pad_token_id": 1}, masked),
    "bloom": Entry("BloomModel", {"vocab_size": VOCABULARY, "hidden_size": 32, "n_layer": 2, "n_head": 4}, masked),
    "falcon": Entry("FalconModel", {**TEXT}, masked),
    "mpt": Entry("MptModel", {"vocab_size": VOCABULARY, "d_model": 32, "n_layers": 2, "n_heads": 4, "max_seq_len": 64}, masked),
    "ctrl": Entry("CTRLModel", {"vocab_size": VOCABULARY, "n_embd": 32, "n_layer": 2, "n_head": 4, "dff": 64}, masked),
    "xlnet": Entry("XLNetModel", {"vocab_size": VOCABULARY, "d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 64}, masked),
    "xlm": Entry("XLMModel", {"vocab_size": VOCABULARY, "emb_dim": 32, "n_layers": 2, "n_heads": 4}, masked),
    "longformer": Entry("LongformerModel", {**TEXT, "attention_window": 8, "pad_token_id": 1}, masked),
    "big_bird": Entry("BigBirdModel", {**TEXT, "attention_type": "original_full"}, masked),
    "mamba": Entry("MambaModel", {"vocab_size": VOCABULARY, "hidden_size": 32, "state_size": 8, "num_hidden_layers": 2}, tokens),
    "rwkv": Entry("RwkvModel", {"vocab_size": VOCABULARY, "hidden_size": 32, "attention_hidden_size": 32, "num_hidden_layers": 2}, tokens),
    "t5": Entry("T5Model", T5, translation),
    "t5_encoder": Entry("T5EncoderModel", T5, masked, "T5Config"),
    "mt5": Entry("MT5Model", T5, translation),
    "longt5": Entry("LongT5Model", {**T5, "local_radius": 4}, translation),
    "bart": Entry("BartModel", SEQUENCE, translation),
    "mbart": Entry("MBartModel", SEQUENCE, translation),
    "pegasus": Entry("PegasusModel", SEQUENCE, translation),
    "marian": Entry("MarianModel", {**SEQUENCE, "pad_token_id": 0}, translation),
    "m2m_100": Entry("M2M100Model", SEQUENCE, translation),
    "led": Entry(
        "LEDModel",
        {
            **{key: value for key, value in SEQUENCE.items() if key != "max_position_embeddings"},
            "attention_window": 8,
        },
        translation,
    ),
    "whisper": Entry(
        "WhisperModel",
        {**SEQUENCE, "num_mel_bins": 16, "max_source_positions": 30, "max_target_positions": 40, "pad_token_id": 0},
        spectrogram,
    ),
    "wav2vec2": Entry("Wav2Vec2Model", HEARING, sound),
    "hubert": Entry("HubertModel", HEARING, sound),
    "wavlm": Entry("WavLMModel", HEARING, sound),
    "sew": Entry("SEWModel", {**HEARING, "squeeze_factor": 2}, sound),
    "ast": Entry(
        "ASTModel",
        {**NARROW, "patch_size": 8, "max_length": 48, "num_mel_bins": 16, "time_stride": 8, "frequency_stride": 8},
        lambda batch, step: {"input_values": torch.randn(batch, 48, 16)},
    ),
    "vit": Entry("ViTModel", SEEING, pixels(32)),
    "deit": Entry("DeiTModel", SEEING, pixels(32)),
    "beit": Entry("BeitModel", {**SEEING, "use_relative_position_bias": True}, pixels(32)),
    "dinov2": Entry("Dinov2Model", SEEING, pixels(32, 16)),
    "vit_mae": Entry("ViTMSNModel", SEEING, pixels(32)),
    "swin": Entry("SwinModel", WINDOWED, pixels(64)),
    "swinv2": Entry("Swinv2Model", WINDOWED, pixels(64)),
    "convnext": Entry("ConvNextModel", STAGES, pixels(64, 32)),
    "convnextv2": Entry("ConvNextV2Model", STAGES, pixels(64, 32)),
    "resnet": Entry("ResNetModel", {**STAGES, "embedding_size": 16}, pixels(64, 32)),
    "regnet": Entry("RegNetModel", {**STAGES, "embedding_size": 16, "groups_width": 8}, pixels(64, 32)),
    "poolformer": Entry("PoolFormerModel", STAGES, pixels(64, 32)),
    "mobilevit": Entry("MobileViTModel", {"image_size": 64}, pixels(64)),
    "efficientnet": Entry("EfficientNetModel", {"width_coefficient": 0.5, "depth_coefficient": 0.5, "image_size": 64, "hidden_dim": 640}, pixels(64, 32)),
    "segformer": Entry(
        "SegformerForSemanticSegmentation",
        {"depths": [1, 1, 1, 1], "hidden_sizes": [16, 16, 32, 32], "num_attention_heads": [1, 2, 2, 4], "decoder_hidden_size": 32},
        pixels(64, 32),
        "SegformerConfig",
    ),
    "pvt": Entry("PvtModel", {"image_size": 64, "depths": [1, 1, 1, 1], "hidden_sizes": [16, 16, 32, 32], "num_attention_heads": [1, 2, 4, 4]}, pixels(64)),
    "levit": Entry("LevitModel", {"image_size": 64, "hidden_sizes": [32, 48, 64], "depths": [1, 1, 1]}, pixels(64)),
    "cvt": Entry("CvtModel", {"embed_dim": [16, 32, 48], "num_heads": [1, 2, 4], "depth": [1, 2, 3]}, pixels(64, 32)),
    "focalnet": Entry("FocalNetModel", {"image_size": 64, "embed_dim": 16, "depths": [1, 2]}, pixels(64)),
    "yolos": Entry("YolosForObjectDetection", {**SEEING, "image_size": [32, 32], "num_detection_tokens": 10}, pixels(32), "YolosConfig"),
    "dpt": Entry(
        "DPTForDepthEstimation",
        {
            **{**NARROW, "num_hidden_layers": 4, "image_size": 32, "patch_size": 8, "is_hybrid": False},
            **{"backbone_out_indices": [0, 1, 2, 3], "neck_hidden_sizes": [16, 16, 32, 32], "fusion_hidden_size": 16},
        },
        pixels(32),
        "DPTConfig",
    ),
    "detr": Entry(
        "DetrForObjectDetection",
        {
            **{"use_timm_backbone": False, "use_pretrained_backbone": False, "backbone": None, "num_queries": 9},
            **{"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64},
            **{"encoder_attention_heads": 4, "decoder_attention_heads": 4},
            "backbone_config": {"model_type": "resnet", **STAGES, "embedding_size": 16, "out_features": ["stage4"]},
        },
        pixels(64, 32),
        "DetrConfig",
    ),
    "clip": Entry("CLIPModel", {**TWO_TOWERS, "projection_dim": 16}, pixels_and_text(32)),
    "clip_text": Entry("CLIPTextModel", TEXT, masked),
    "clip_vision": Entry("CLIPVisionModel", SEEING, pixels(32)),
    "siglip": Entry("SiglipModel", TWO_TOWERS, pixels_and_text(32)),
    "siglip_vision": Entry("SiglipVisionModel", SEEING, pixels(32)),
    "blip": Entry(
        "BlipForImageTextRetrieval",
        {"text_config": {**TEXT, "encoder_hidden_size": 32}, "vision_config": SEEING, "image_text_hidden_size": 16},
        lambda batch, step: {**pixels(32)(batch, 0), **tokens(batch, step)},
        "BlipConfig",
    ),
    "vilt": Entry("ViltModel", {**TEXT, **SEEING}, pixels_and_text(32)),
    "layoutlm": Entry("LayoutLMModel", {**TEXT, "max_2d_position_embeddings": 64}, boxed),
    "layoutlmv3": Entry(
        "LayoutLMv3Model",
        {**TEXT, "max_2d_position_embeddings": 64, "coordinate_size": 6, "shape_size": 4, "visual_embed": False, "pad_token_id": 1},
        boxed,
    ),
    "videomae": Entry(
        "VideoMAEModel",
        {**SEEING, "num_frames": 4, "tubelet_size": 2},
        lambda batch, step: {"pixel_values": torch.randn(batch, 4, 3, 32, 32)},
    ),
    "timesformer": Entry(
        "TimesformerModel",
        {**SEEING, "num_frames": 2},
        lambda batch, step: {"pixel_values": torch.randn(batch, 2, 3, 32, 32)},
    ),
    "patchtst": Entry(
        "PatchTSTModel",
        {"num_input_channels": 3, "context_length": 32, "patch_length": 4, "patch_stride": 4, "d_model": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "ffn_dim": 64},
        lambda batch, step: {"past_values": torch.randn(batch, 32, 3)},
    ),
    "decision_transformer": Entry(
        "DecisionTransformerModel",
        {"state_dim": 5, "act_dim": 2, "hidden_size": 32, "n_layer": 2, "n_head": 4, "max_ep_len": 64},
        lambda batch, step: {
            "states": torch.randn(batch, 6 + step, 5),
            "actions": torch.randn(batch, 6 + step, 2),
            "rewards": torch.randn(batch, 6 + step, 1),
            "returns_to_go": torch.randn(batch, 6 + step, 1),
            "timesteps": torch.randint(0, 60, (batch, 6 + step)),
            "attention_mask": torch.ones(batch, 6 + step, dtype=torch.long),
        },
    ),
}
