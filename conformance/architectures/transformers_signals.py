"""Models of transformers that take sound, time series and what is measured."""

import torch
from torch import Tensor

from .transformers_entry import HEARING, NARROW, SEQUENCE, VOCABULARY, Entry, sound, spectrogram


def series(batch: int, step: int) -> dict[str, Tensor]:
    """Three series of one length."""
    return {"past_values": torch.randn(batch, 32, 3)}


def waveform(batch: int, step: int) -> dict[str, Tensor]:
    """A channel of sound; with a step a longer one."""
    return {"input_values": torch.randn(batch, 1, 960 + 320 * step)}


SIGNALS = {
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
    "data2vec_audio": Entry("Data2VecAudioModel", HEARING, sound),
    "unispeech": Entry("UniSpeechModel", HEARING, sound),
    "unispeech_sat": Entry("UniSpeechSatModel", HEARING, sound),
    "sew_d": Entry("SEWDModel", {**HEARING, "squeeze_factor": 2, "max_position_embeddings": 64, "position_buckets": 16}, sound),
    "wav2vec2_conformer": Entry("Wav2Vec2ConformerModel", {**HEARING, "position_embeddings_type": "relative"}, sound),
    "speech_to_text": Entry("Speech2TextModel", {**{k: v for k, v in SEQUENCE.items() if k != "max_position_embeddings"}, "max_source_positions": 80, "max_target_positions": 40, "input_feat_per_channel": 16, "conv_channels": 16, "pad_token_id": 1}, lambda b, s: {"input_features": torch.randn(b, 40 + 16*s, 16), "decoder_input_ids": torch.randint(3, VOCABULARY, (b, 6))}),
    "encodec": Entry("EncodecModel", {"num_filters": 4, "hidden_size": 16, "num_lstm_layers": 1, "codebook_size": 16, "codebook_dim": 16, "upsampling_ratios": [4, 2], "target_bandwidths": [1.5], "sampling_rate": 1600}, waveform),
    "dac": Entry("DacModel", {"encoder_hidden_size": 8, "downsampling_ratios": [2, 4], "decoder_hidden_size": 32, "n_codebooks": 2, "codebook_size": 16, "codebook_dim": 4}, waveform),
    "hifigan": Entry("SpeechT5HifiGan", {"model_in_dim": 8, "upsample_initial_channel": 16, "upsample_rates": [2, 2], "upsample_kernel_sizes": [4, 4], "resblock_kernel_sizes": [3], "resblock_dilation_sizes": [[1, 3]]}, lambda b, s: {"spectrogram": torch.randn(b, 10 + 4*s, 8)}, "SpeechT5HifiGanConfig"),
    "timesfm": Entry("TimesFmModel", {"patch_length": 8, "context_length": 32, "horizon_length": 8, "num_hidden_layers": 2, "hidden_size": 32, "intermediate_size": 64, "head_dim": 8, "num_attention_heads": 4}, lambda b, s: {"past_values": torch.randn(b, 32), "past_values_padding": torch.zeros(b, 32), "freq": torch.zeros(b, 1, dtype=torch.long)}),
    "patchtsmixer": Entry("PatchTSMixerModel", {"context_length": 32, "patch_length": 8, "patch_stride": 8, "num_input_channels": 3, "d_model": 16, "num_layers": 2}, series),
}
