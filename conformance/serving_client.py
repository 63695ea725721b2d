"""The gRPC clients of tensorflow-serving-api for one server."""

import grpc
import numpy as np
from tensorflow_serving.apis import model_service_pb2_grpc, predict_pb2, prediction_service_pb2_grpc

import tensorflow as tf
from server_process import CALL_TIMEOUT_S, Server

NO_LIMIT = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class Grpc:
    """One channel with the two services."""

    def __init__(self, server: Server, *, own_connection: bool = False) -> None:
        options = [*NO_LIMIT, ("grpc.use_local_subchannel_pool", int(own_connection))]
        self.channel = grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}", options=options)
        self.prediction = prediction_service_pb2_grpc.PredictionServiceStub(self.channel)
        self.models = model_service_pb2_grpc.ModelServiceStub(self.channel)
        self.name = server.name

    def predict(
        self, inputs: dict[str, np.ndarray], signature: str = "", only: tuple[str, ...] = ()
    ) -> dict[str, np.ndarray]:
        """Predict with tensors as tf.make_tensor_proto encodes them."""
        request = predict_pb2.PredictRequest(output_filter=only)
        request.model_spec.name = self.name
        request.model_spec.signature_name = signature
        for key, array in inputs.items():
            request.inputs[key].CopyFrom(tf.make_tensor_proto(array))
        answer = self.prediction.Predict(request, timeout=CALL_TIMEOUT_S)
        return {key: tf.make_ndarray(value) for key, value in answer.outputs.items()}
