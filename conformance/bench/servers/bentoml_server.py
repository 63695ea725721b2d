"""BentoML around onnxruntime: one worker.

Usage: python -m bentoml serve bentoml_server:Tiny --port PORT   with the model's file in BENCH_MODEL
POST /predict {"instances": [[...]]} -> [[...]]
"""

import os

import bentoml
import numpy as np
from session import open_session


@bentoml.service(workers=1, metrics={"enabled": False}, logging={"access": {"enabled": False}})
class Tiny:
    """One model."""

    def __init__(self) -> None:
        self.session = open_session(os.environ["BENCH_MODEL"])

    @bentoml.api
    def predict(self, instances: np.ndarray) -> np.ndarray:
        """One run."""
        return self.session.run(None, {"x": instances.astype(np.float32)})[0]
