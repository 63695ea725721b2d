"""MLServer around onnxruntime, in one process (`parallel_workers` 0): its own way for models as small as this.

Usage: python mlserver_server.py MODEL.onnx PORT   POST /v2/models/tiny/infer, Open Inference Protocol
"""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # MLServer imports the model below by its module's name

from mlserver import MLModel, MLServer, ModelSettings, Settings
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse
from session import open_session


class Tiny(MLModel):
    """One model."""

    async def load(self) -> bool:
        """Loads it."""
        self.session = open_session(self.settings.parameters.uri)
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """One run."""
        outputs = self.session.run(None, {"x": NumpyCodec.decode_input(payload.inputs[0])})
        answers = [NumpyCodec.encode_output("y", outputs[0])]
        return InferenceResponse(model_name=self.name, id=payload.id, outputs=answers)


async def serve(file: str, port: int) -> None:
    """Runs until it is stopped."""
    settings = Settings(
        host="127.0.0.1",
        http_port=port,
        grpc_port=0,
        metrics_endpoint=None,
        parallel_workers=0,
        debug=False,
    )
    server = MLServer(settings)
    model = ModelSettings(name="tiny", implementation=Tiny, parameters={"uri": file})
    await server.start([model])


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2])))
