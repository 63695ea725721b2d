"""At least one model of each of timm's families; where it can be built for a small image size, it is."""

from collections.abc import Iterator
from functools import partial

import timm
import torch
from torch import nn

from .architecture import Architecture, Inputs, images
from .settle import batch_norms, strengthen

# One or two of each module of timm.models, small ones.
NAMES = """
    beit_base_patch16_224 beitv2_base_patch16_224 botnet26t_256 halonet26t lambda_resnet26t eca_botnext26ts_256
    gcresnet33ts gernet_s mobileone_s0 repvgg_a0 resnet32ts regnetz_b16 cait_xxs24_224 coat_tiny coat_lite_tiny
    convit_tiny convmixer_768_32 convnext_atto convnextv2_atto convnext_zepto_rms crossvit_tiny_240 csatv2
    cs3darknet_s cspresnet50 cspnext_tiny davit_tiny deit_tiny_distilled_patch16_224 deit3_small_patch16_224
    densenet121 dla34 dla46x_c dpn48b edgenext_xx_small efficientformer_l1 efficientformerv2_s0 efficientnet_b0
    efficientnet_lite0 tf_efficientnetv2_b0 mixnet_s mobilenetv2_100 tinynet_e efficientvim_m1 efficientvit_b0
    efficientvit_l1 efficientvit_m0 eva02_tiny_patch14_224 vit_tiny_patch16_dinov3_qkvb
    vit_small_patch16_rope_224 fasternet_t0 fastvit_t8 focalnet_tiny_srf gcvit_xxtiny ghostnet_050 ghostnetv2_100
    ghostnetv3_050 hardcorenas_a hgnet_tiny hgnetv2_b0 hiera_tiny_224 hieradet_small hrnet_w18_small iformer_t
    inception_next_atto inception_resnet_v2 inception_v3 inception_v4 lcnetv2_small levit_128s levit_conv_128s
    lowformer_b0 mambaout_femto maxvit_nano_rw_256 coatnet_nano_rw_224 maxxvitv2_nano_rw_256 caformer_s18
    poolformer_s12 mixer_s32_224 gmlp_ti16_224 resmlp_12_224 mobilenetv3_small_050 mobilenetv4_conv_small_035
    mobilenetv4_hybrid_medium_075 lcnet_035 fbnetv3_b mobilenetv5_base mobilevit_xxs mobilevitv2_050 mvitv2_tiny
    naflexvit_base_patch16_gap nasnetalarge nest_tiny nextvit_small nfnet_l0 eca_nfnet_l0 nf_regnet_b0 nf_resnet26
    pit_ti_224 pnasnet5large pvt_v2_b0 qwen3_vit_88m rdnet_tiny regnetx_002 regnety_002 regnetz_005 repghostnet_050
    repvit_m0_9 res2net50_14w_8s resnest14d resnet14t seresnet34 resnetv2_18 resnetv2_50d_gn rexnet_100 selecsls42
    legacy_seresnet18 sequencer2d_s shvit_s1 skresnet18 starnet_s050 swiftformer_xs swin_tiny_patch4_window7_224
    swinv2_tiny_window8_256 swinv2_cr_tiny_224 tiny_vit_5m_224 tnt_s_patch16_224 tresnet_m twins_pcpvt_small
    twins_svt_small vgg11_bn visformer_tiny vit_tiny_patch16_224 vit_tiny_r_s16_p8_224 vit_relpos_small_patch16_224
    samvit_base_patch16_224 vitamin_small_224 volo_d1_224 ese_vovnet19b_slim_dw legacy_xception xception41
    xcit_nano_12_p16_224
"""
SIZES = (96, 128, 160, 192)  # tried in this order, then the model's own
GROWN = (32, 128)  # by how much the other size is larger; some take only multiples of their windows


def timm_models() -> Iterator[Architecture]:
    """All of the names above."""
    for name in NAMES.split():
        yield Architecture("timm", name, partial(make, name))


def make(name: str) -> tuple[nn.Module, Inputs]:
    """Builds the model for the first of SIZES that it can be built for and run at; else for its own size."""
    config = timm.get_pretrained_cfg(name)
    own = config.input_size[-1]
    for size in (*SIZES, own):
        options = {"img_size": size} if config.fixed_input_size and size != own else {}
        model = timm.create_model(name, **options).eval()
        if not batch_norms(model):  # which makes up for the size of weights
            strengthen(model)
        if takes(model, images(size)):
            others = [] if config.fixed_input_size else [images(size, grow) for grow in GROWN]
            return model, next((other for other in others if takes(model, other, 1)), images(size, 0))
    raise ValueError(f"{name} does not take its own size")


def takes(model: nn.Module, inputs: Inputs, step: int = 0) -> bool:
    """Whether the model runs at these inputs' size."""
    try:
        with torch.no_grad():
            model(*inputs(1, step))
    except Exception:  # whatever a model throws at a size that it does not take
        return False
    return True
