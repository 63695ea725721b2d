"""Models of transformers that read one text and write another."""

from .transformers_entry import SEQUENCE, T5, VOCABULARY, Entry, translation

TRANSLATIONS = {
    "t5": Entry("T5Model", T5, translation),
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
    "blenderbot": Entry("BlenderbotModel", SEQUENCE, translation),
    "blenderbot_small": Entry("BlenderbotSmallModel", SEQUENCE, translation),
    "plbart": Entry("PLBartModel", SEQUENCE, translation),
    "bigbird_pegasus": Entry("BigBirdPegasusModel", {**SEQUENCE, "attention_type": "original_full"}, translation),
    "prophetnet": Entry("ProphetNetModel", {"vocab_size": VOCABULARY, "hidden_size": 32, "encoder_ffn_dim": 64, "num_encoder_layers": 2, "num_encoder_attention_heads": 4, "decoder_ffn_dim": 64, "num_decoder_layers": 2, "num_decoder_attention_heads": 4, "max_position_embeddings": 64}, translation),
    "fsmt": Entry("FSMTModel", {**SEQUENCE, "langs": ["en", "de"], "src_vocab_size": VOCABULARY, "tgt_vocab_size": VOCABULARY}, translation),
    "umt5": Entry("UMT5Model", T5, translation),
    "switch_transformers": Entry("SwitchTransformersModel", {**T5, "num_experts": 4, "expert_capacity": 16}, translation),
    "nllb_moe": Entry("NllbMoeModel", {**SEQUENCE, "num_experts": 4, "encoder_sparse_step": 2, "decoder_sparse_step": 2}, translation),
    "mvp": Entry("MvpModel", SEQUENCE, translation),
}
