"""The models of TensorFlow Serving's own whole-server tests, as TensorFlow writes them: y = x / 2 + 2 and its likes.

Runs in the tensorflow environment. Not here: what is asked of them (stages/model_server_cases.py).
"""

from pathlib import Path

import keras

import tensorflow as tf

VERSION = "00000123"  # read as 123


def half_plus(base: Path, more: float) -> None:
    """A graph of TensorFlow 1 with signatures for Predict, Classify and Regress, on numbers and on tf.Examples."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        half = v1.get_variable("a", initializer=0.5, use_resource=False)
        added = v1.get_variable("b", initializer=more, use_resource=False)
        examples = v1.placeholder(tf.string, name="tf_example")
        features = {"x": tf.io.FixedLenFeature([1], tf.float32), "x2": tf.io.FixedLenFeature([1], tf.float32, [0.0])}
        parsed = v1.parse_example(examples, features)
        x = tf.identity(parsed["x"], name="x")
        y = tf.add(tf.multiply(half, x), added, name="y")
        x2 = tf.identity(parsed["x2"], name="x2")
        y3 = tf.add(tf.multiply(half, x2), 3.0, name="y3")
        session.run(v1.global_variables_initializer())
        signature, tensor = v1.saved_model.build_signature_def, v1.saved_model.build_tensor_info

        def method(name: str, source: tf.Tensor, output: str, result: tf.Tensor):
            return signature({"inputs": tensor(source)}, {output: tensor(result)}, f"tensorflow/serving/{name}")

        signatures = {
            "serving_default": signature({"x": tensor(x)}, {"y": tensor(y)}, "tensorflow/serving/predict"),
            "classify_x_to_y": method("classify", examples, "scores", y),
            "classify_x2_to_y3": method("classify", x2, "scores", y3),
            "regress_x_to_y": method("regress", examples, "outputs", y),
            "regress_x2_to_y3": method("regress", x2, "outputs", y3),
        }
        builder = v1.saved_model.Builder(str(base / VERSION))
        builder.add_meta_graph_and_variables(session, ["serve"], signatures)
        builder.save()


class HalfPlusTwo(tf.Module):
    """The same with tf.saved_model.save, which TensorFlow 2 has."""

    def __init__(self) -> None:
        super().__init__()
        self.half, self.two = tf.Variable(0.5), tf.Variable(2.0)

    def of(self, inputs: tf.Tensor) -> tf.Tensor:
        """y of each example."""
        return tf.io.parse_example(inputs, {"x": tf.io.FixedLenFeature([1], tf.float32)})["x"] * self.half + self.two

    @tf.function(input_signature=[tf.TensorSpec(None, tf.float32, name="x")])
    def predict(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        """Of numbers."""
        return {"y": x * self.half + self.two}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="inputs")])
    def classify(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """Of examples."""
        return {"scores": self.of(inputs)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="inputs")])
    def regress(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """Of examples."""
        return {"outputs": self.of(inputs)}


def half_plus_two_tf2(base: Path) -> None:
    """The module above."""
    module = HalfPlusTwo()
    signatures = {
        "serving_default": module.predict,
        "classify_x_to_y": module.classify,
        "regress_x_to_y": module.regress,
    }
    tf.saved_model.save(module, str(base / VERSION), signatures=signatures)


def product_of_variables(base: Path) -> None:
    """Two variables and a number."""
    root = tf.train.Checkpoint()
    root.v1, root.v2 = tf.Variable(3.0), tf.Variable(2.0)
    root.f = tf.function(lambda x: {"y": root.v1 * root.v2 * x})
    tf.saved_model.save(root, str(base / VERSION), root.f.get_concrete_function(tf.TensorSpec(None, tf.float32)))


def two_signatures(base: Path) -> None:
    """A signature that answers 1, and another that answers 2."""
    root = tf.train.Checkpoint()
    spec = [tf.TensorSpec(None, tf.float32, name="x")]
    root.f = tf.function(lambda x: {"y": 1.0}, input_signature=spec)
    root.g = tf.function(lambda x: {"y": 2.0}, input_signature=spec)
    signatures = {"serving_default": root.f, "custom_signature_key": root.g}
    tf.saved_model.save(root, str(base / VERSION), signatures=signatures)


def sequential(base: Path) -> None:
    """A model of Keras that gives back what it gets; the output is named by the function, as Keras does not any more."""
    layers = keras.layers
    model = keras.Sequential([layers.Input((1,), dtype="float32", name="x"), layers.Identity(name="y")])

    @tf.function(input_signature=[tf.TensorSpec([None, 1], tf.float32, name="x")])
    def serve(x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": model(x)}

    tf.saved_model.save(model, str(base / VERSION), signatures={"serving_default": serve})


class Dense(tf.Module):
    """A layer of one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel, self.bias = tf.Variable([[1.0]]), tf.Variable([0.0])

    @tf.function(input_signature=[tf.TensorSpec([None, 1], tf.float32, name="x")])
    def serve(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        """What it gets, times the weight."""
        return {"y": x @ self.kernel + self.bias}


def mirrored_dense(base: Path) -> None:
    """One whose variables tf.distribute keeps on two devices. (Keras 3 leaves such variables out of what it saves.)"""
    with tf.distribute.MirroredStrategy(devices=("/cpu:0", "/cpu:1")).scope():
        layer = Dense()
    tf.saved_model.save(layer, str(base / VERSION), signatures={"serving_default": layer.serve})
