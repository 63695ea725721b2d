"""Every architecture of the sweep. Usage: python -m architectures.catalogue   prints their labels, one a line."""

from collections.abc import Iterator

from .architecture import Architecture


def architectures() -> Iterator[Architecture]:
    """Library after library."""
    from .timm_models import timm_models
    from .torchvision_models import torchvision_models
    from .transformers_models import transformers_models

    yield from torchvision_models()
    yield from timm_models()
    yield from transformers_models()


def find(label: str) -> Architecture:
    """The architecture of a label; imports its library alone."""
    library = label.partition("/")[0]
    if library == "torchvision":
        from .torchvision_models import torchvision_models as models
    elif library == "timm":
        from .timm_models import timm_models as models
    else:
        from .transformers_models import transformers_models as models
    return next(architecture for architecture in models() if architecture.label == label)


if __name__ == "__main__":
    for architecture in architectures():
        print(architecture.label)
