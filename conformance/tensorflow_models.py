"""SavedModels that TensorFlow itself writes, for the engine that runs them: one function a kind, seeded.

Runs in the tensorflow environment. Not here: asking a server for them (stages/engine_tensorflow.py).
"""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from tensorflow.core.protobuf import saved_model_pb2

import tensorflow as tf

FEATURES = {"x": tf.io.FixedLenFeature([2], tf.float32), "word": tf.io.FixedLenFeature([], tf.string, "a")}

# Every element type that a TensorProto can carry and that NumPy can hold.
DTYPES = (
    "float32 float64 float16 bfloat16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool complex64 complex128 string"
).split()


def keras_model(directory: Path) -> None:
    """Convolutions, batch normalisation and a softmax, as Keras exports them."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((12, 12, 3), name="image"),
            layers.Conv2D(8, 3, activation="relu", padding="same"),
            layers.BatchNormalization(),
            layers.DepthwiseConv2D(3, strides=2),
            layers.GlobalAveragePooling2D(),
            layers.Dense(5, activation="softmax"),
        ]
    )
    model.layers[1].set_weights([np.random.rand(*w.shape) + 0.1 for w in model.layers[1].get_weights()])
    model.export(str(directory), verbose=False)


class Words(tf.Module):
    """Variables, a table, strings in and out."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = tf.Variable(tf.random.stateless_normal([3, 4], seed=[0, 1]))
        self.last = tf.Variable(["none"], shape=[None], dtype=tf.string)
        self.calls = tf.Variable(0, dtype=tf.int64)
        keys, values = tf.constant(["a", "b", "naïve"]), tf.constant([1, 2, 3], tf.int64)
        self.table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, values), -1)

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, name="x")])
    def project(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        """A variable's product."""
        return {"y": x @ self.weight}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="words")])
    def look_up(self, words: tf.Tensor) -> dict[str, tf.Tensor]:
        """Numbers and texts of words."""
        return {"id": self.table.lookup(words), "upper": tf.strings.upper(words), "length": tf.strings.length(words)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="words")])
    def remember(self, words: tf.Tensor) -> dict[str, tf.Tensor]:
        """What the last call gave, kept in a variable of the session."""
        before = tf.identity(self.last.read_value())
        with tf.control_dependencies([before]):
            self.last.assign(words)
            count = self.calls.assign_add(1)
        return {"before": before, "calls": tf.identity(count)}


def words(directory: Path) -> None:
    """Three signatures of one module."""
    module = Words()
    signatures = {"serving_default": module.project, "look_up": module.look_up, "remember": module.remember}
    tf.saved_model.save(module, str(directory), signatures=signatures)


def every_dtype(directory: Path) -> None:
    """A signature a dtype that gives back what it gets."""
    module, signatures = tf.Module(), {}
    for name in DTYPES:
        spec = tf.TensorSpec(None, getattr(tf, name), name="x")
        signatures[name] = tf.function(lambda x: {"y": tf.identity(x)}, input_signature=[spec])
    module.functions = list(signatures.values())
    tf.saved_model.save(module, str(directory), signatures=signatures)


class Examples(tf.Module):
    """Signatures that parse tf.Examples."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = tf.Variable([[1.0, -2.0], [0.5, 3.0]])

    def scores(self, inputs: tf.Tensor) -> tf.Tensor:
        """A row of two an example."""
        return tf.nn.softmax(tf.io.parse_example(inputs, FEATURES)["x"] @ self.weight)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="inputs")])
    def classify(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The word of each example beside `no`, with their scores."""
        word = tf.io.parse_example(inputs, FEATURES)["word"]
        return {"classes": tf.stack([word, tf.fill(tf.shape(word), "no")], 1), "scores": self.scores(inputs)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="inputs")])
    def regress(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """One value an example."""
        return {"outputs": self.scores(inputs)[:, :1] * 10}

    @tf.function(
        input_signature=[tf.TensorSpec([None, 2], tf.float32, name="x"), tf.TensorSpec([], tf.float32, name="scale")]
    )
    def scaled(self, x: tf.Tensor, scale: tf.Tensor) -> dict[str, tf.Tensor]:
        """An input that a request may leave out."""
        return {"y": x * scale}


def examples(directory: Path) -> None:
    """tf.saved_model.save calls every method predict and writes no defaults: both are put in afterwards."""
    module = Examples()
    signatures = {"serving_default": module.classify, "regress": module.regress, "scaled": module.scaled}
    tf.saved_model.save(module, str(directory), signatures=signatures)

    def change(message: saved_model_pb2.SavedModel) -> None:
        defs = message.meta_graphs[0].signature_def
        defs["serving_default"].method_name = "tensorflow/serving/classify"
        defs["regress"].method_name = "tensorflow/serving/regress"
        defs["scaled"].defaults["scale"].CopyFrom(tf.make_tensor_proto(np.float32(0.5)))

    rewrite(directory, change)


def two_graphs(directory: Path) -> None:
    """A graph for `serve` that doubles, and one for `serve` and `fast` that trebles, as TensorFlow 1 wrote them."""
    v1 = tf.compat.v1
    builder = v1.saved_model.Builder(str(directory))
    for tags, factor in ((["serve"], 2.0), (["serve", "fast"], 3.0)):
        with tf.Graph().as_default(), v1.Session() as session:
            x = v1.placeholder(tf.float32, [None], name="x")
            y = x * v1.get_variable("factor", initializer=factor, use_resource=False)
            session.run(v1.global_variables_initializer())
            signature = v1.saved_model.predict_signature_def({"x": x}, {"y": y})
            if tags == ["serve"]:
                builder.add_meta_graph_and_variables(session, tags, {"serving_default": signature})
            else:  # of all graphs, only the first brings variables: this one shares them
                fast = v1.saved_model.predict_signature_def({"x": x}, {"y": x * factor})
                builder.add_meta_graph(tags, {"serving_default": fast})
    builder.save()


def doubled(directory: Path) -> None:
    """y = 2x."""
    module = tf.Module()
    spec = tf.TensorSpec([None], tf.float32, name="x")
    module.call = tf.function(lambda x: {"y": 2 * x}, input_signature=[spec])
    tf.saved_model.save(module, str(directory), signatures={"serving_default": module.call})


def with_operator(directory: Path, library: Path) -> None:
    """A graph with an operator that only its library knows."""
    operator = tf.load_op_library(str(library))
    module = tf.Module()
    module.call = tf.function(
        lambda x: {"y": operator.ferry_twice_plus_one(x)},
        input_signature=[tf.TensorSpec([None], tf.float32, name="x")],
    )
    tf.saved_model.save(module, str(directory), signatures={"serving_default": module.call})


def rewrite(directory: Path, change: Callable[[saved_model_pb2.SavedModel], None]) -> None:
    """Changes a SavedModel's message in place."""
    file = directory / "saved_model.pb"
    message = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    change(message)
    file.write_bytes(message.SerializeToString())


def example(x: tuple[float, float], word: str | None = None) -> bytes:
    """A serialized tf.Example."""
    features = {"x": tf.train.Feature(float_list=tf.train.FloatList(value=x))}
    if word is not None:
        features["word"] = tf.train.Feature(bytes_list=tf.train.BytesList(value=[word.encode()]))
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()
