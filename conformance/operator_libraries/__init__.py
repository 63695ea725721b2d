"""Libraries of one operator, y = 2x + 1, for each engine, compiled here."""

import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
COMPILE_TIMEOUT_S = 300


def for_tensorflow(folder: Path) -> Path:
    """The library for TensorFlow, made with the headers that its wheel brings. Runs in the tensorflow environment."""
    import tensorflow as tf  # the other library needs no packages

    library = folder / "twice_plus_one_tensorflow.so"
    source = HERE / "twice_plus_one_tensorflow.cc"
    flags = [*tf.sysconfig.get_compile_flags(), *tf.sysconfig.get_link_flags()]
    compile_with("g++", "-std=c++17", "-O1", "-w", "-shared", "-fPIC", source, "-o", library, *flags)
    return library


def for_onnxruntime(folder: Path) -> Path:
    """The library for onnxruntime."""
    library = folder / "twice_plus_one_onnxruntime.so"
    compile_with("gcc", "-O1", "-shared", "-fPIC", HERE / "twice_plus_one_onnxruntime.c", "-o", library)
    return library


def compile_with(*command: object) -> None:
    """Runs a compiler; raises CalledProcessError with what it said."""
    subprocess.run([*map(str, command)], check=True, timeout=COMPILE_TIMEOUT_S, stdin=subprocess.DEVNULL)
