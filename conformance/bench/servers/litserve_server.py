"""LitServe around onnxruntime: one API server and one worker, with the queue it recommends for many small requests.

Usage: python litserve_server.py MODEL.onnx PORT   POST /predict {"instances": [[...]]} -> {"predictions": [[...]]}
"""

import sys

import litserve as ls
import numpy as np
from session import open_session


class Tiny(ls.LitAPI):
    """One model."""

    def setup(self, device):
        """Loads it, in the worker."""
        self.session = open_session(sys.argv[1])

    def decode_request(self, request):
        """JSON, parsed already, to an array."""
        return np.asarray(request["instances"], np.float32)

    def predict(self, x):
        """One run."""
        return self.session.run(None, {"x": x})[0]

    def encode_response(self, output):
        """An array to what is written as JSON."""
        return {"predictions": output.tolist()}


if __name__ == "__main__":
    server = ls.LitServer(Tiny(), accelerator="cpu", workers_per_device=1, fast_queue=True)
    options = {"num_api_servers": 1, "generate_client_file": False, "log_level": "warning", "access_log": False}
    server.run(host="127.0.0.1", port=int(sys.argv[2]), **options)
