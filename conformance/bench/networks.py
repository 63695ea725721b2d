"""Published networks with random weights, in the forms whose speed is compared: PyTorch's own, and other tools' of it.

Usage: python3 conformance/bench/networks.py NAME   makes what is missing and prints a folder of the cache, which holds
model.pt2         torchvision's network, exported with a free batch: what torchferry converts
torch-onnx/       model.onnx, which torch.onnx writes of the same program
onnx2tf/          onnx2tf's SavedModel of that file; not there where onnx2tf makes none
keras/            the same network of Keras, as Keras exports it
NAME is a key of NETWORKS.
"""

import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from environment import LISTS, cache_folder, fingerprint, python_variables, ready_python

HERE = Path(__file__).parent
IMAGE = 224
# By name: the constructor in torchvision.models, the one in keras.applications and its options.
NETWORKS = {
    "resnet50": ("resnet50", "ResNet50", {}),
    "mobilenet_v3_large": ("mobilenet_v3_large", "MobileNetV3Large", {"include_preprocessing": False}),
    "convnext_tiny": ("convnext_tiny", "ConvNeXtTiny", {"include_preprocessing": False}),
    "vit_b_16": ("vit_b_16", None, {}),
}


def network_folder(name: str) -> Path:
    """The folder of a network, complete; each form is made by a process of its environment's."""
    lists = [(LISTS / f"{part}.txt").read_bytes() for part in ("torch", "tensorflow", "onnx2tf")]
    folder = cache_folder() / "bench" / f"{name}-{fingerprint(Path(__file__).read_bytes(), *lists)}"
    if not (folder / ".complete").exists():
        print(f"{name}: making its forms in {folder}", file=sys.stderr, flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        run("torch", __file__, "export", name, folder)
        run("tensorflow", __file__, "keras", name, folder / "keras")
        make_onnx2tf(folder)
        (folder / ".complete").touch()
    return folder


def make_onnx2tf(folder: Path) -> None:
    """onnx2tf's SavedModel; what it leaves behind when it fails is removed."""
    source, made = folder / "torch-onnx" / "model.onnx", folder / "onnx2tf"
    run("onnx2tf", HERE / "onnx2tf_saved_model.py", "-i", source, "-o", made, "-n", check=False)
    if not (made / "saved_model.pb").exists():
        shutil.rmtree(made, ignore_errors=True)


def run(environment: str, *command: object, check: bool = True) -> None:
    """Runs a script in an environment; its output goes to stderr, so that the folder alone is printed."""
    options = {"env": python_variables(), "stdin": subprocess.DEVNULL, "stdout": sys.stderr}
    subprocess.run([ready_python(environment), *map(str, command)], check=check, **options)


def export(name: str, folder: Path) -> None:
    """Writes model.pt2 and torch-onnx/."""
    import torch
    import torchvision

    torch.manual_seed(0)
    model = getattr(torchvision.models, NETWORKS[name][0])(weights=None).eval()
    batch = torch.export.Dim("batch")
    program = torch.export.export(model, (torch.randn(2, 3, IMAGE, IMAGE),), dynamic_shapes=({0: batch},))
    torch.export.save(program, folder / "model.pt2")
    (folder / "torch-onnx").mkdir()
    written = torch.onnx.export(program, dynamo=True, verbose=False)
    written.save(folder / "torch-onnx" / "model.onnx", external_data=True)


def save_keras(name: str, folder: Path) -> None:
    """Writes the network of Keras as a SavedModel for serving."""
    import keras

    keras.utils.set_random_seed(0)
    _, constructor, options = NETWORKS[name]
    if constructor is None:
        model = keras_vision_transformer()
    else:
        network = getattr(keras.applications, constructor)
        model = network(weights=None, classifier_activation=None, **options)
    model.export(folder, verbose=False)


def keras_vision_transformer():
    """ViT-B/16 with Keras's own layers: 12 blocks of width 768 with 12 heads, 197 tokens."""
    import keras
    from keras import layers

    class Tokens(layers.Layer):
        """A class token before the patches, and the positions added."""

        def build(self, shape):
            self.first = self.add_weight(shape=(1, 1, shape[-1]), name="class_token")
            self.positions = self.add_weight(shape=(1, shape[1] + 1, shape[-1]), name="positions")

        def call(self, patches):
            first = keras.ops.broadcast_to(self.first, (keras.ops.shape(patches)[0], 1, patches.shape[-1]))
            return keras.ops.concatenate([first, patches], axis=1) + self.positions

    image = keras.Input((IMAGE, IMAGE, 3))
    patches = layers.Conv2D(768, 16, strides=16)(image)
    x = Tokens()(layers.Reshape((-1, 768))(patches))
    for _ in range(12):
        normal = layers.LayerNormalization(epsilon=1e-6)(x)
        x = x + layers.MultiHeadAttention(12, 64)(normal, normal)
        normal = layers.LayerNormalization(epsilon=1e-6)(x)
        x = x + layers.Dense(768)(layers.Dense(3072, activation="gelu")(normal))
    x = layers.LayerNormalization(epsilon=1e-6)(x)
    return keras.Model(image, layers.Dense(1000)(x[:, 0]))


if __name__ == "__main__":
    if len(sys.argv) == 2:
        print(network_folder(sys.argv[1]))
    elif sys.argv[1] == "export":
        export(sys.argv[2], Path(sys.argv[3]))
    else:
        save_keras(sys.argv[2], Path(sys.argv[3]))
