"""Python's gRPC around onnxruntime: TensorFlow Serving's Predict for one model, with the tensor's bytes both ways.

Usage: python grpcio_server.py MODEL.onnx PORT [threads | asyncio]
"""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor

import grpc
import numpy as np
from session import open_session
from tensorflow_serving.apis.predict_pb2 import PredictRequest, PredictResponse

session = open_session(sys.argv[1])
DT_FLOAT = 1


def run(request: PredictRequest) -> PredictResponse:
    """One run."""
    tensor = request.inputs["x"]
    shape = [dim.size for dim in tensor.tensor_shape.dim]
    output = session.run(None, {"x": np.frombuffer(tensor.tensor_content, np.float32).reshape(shape)})[0]
    response = PredictResponse()
    response.model_spec.name = request.model_spec.name
    answer = response.outputs["y"]
    answer.dtype = DT_FLOAT
    for size in output.shape:
        answer.tensor_shape.dim.add(size=size)
    answer.tensor_content = output.tobytes()
    return response


def predict(request: PredictRequest, _: grpc.ServicerContext) -> PredictResponse:
    """Predict, on a thread."""
    return run(request)


async def predict_async(request: PredictRequest, _: grpc.aio.ServicerContext) -> PredictResponse:
    """Predict, in the event loop."""
    return run(request)


def add_to(server: grpc.Server | grpc.aio.Server, behaviour: object) -> None:
    """Gives the server its method and its port."""
    method = grpc.unary_unary_rpc_method_handler(
        behaviour, PredictRequest.FromString, PredictResponse.SerializeToString
    )
    service = grpc.method_handlers_generic_handler("tensorflow.serving.PredictionService", {"Predict": method})
    server.add_generic_rpc_handlers((service,))
    server.add_insecure_port(f"127.0.0.1:{sys.argv[2]}")


async def serve_async() -> None:
    """grpc.aio."""
    server = grpc.aio.server()
    add_to(server, predict_async)
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    if sys.argv[3:] == ["asyncio"]:
        asyncio.run(serve_async())
    else:
        server = grpc.server(ThreadPoolExecutor(4))
        add_to(server, predict)
        server.start()
        server.wait_for_termination()
