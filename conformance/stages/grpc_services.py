"""Health, reflection and metadata by gRPC's own clients: what a tool learns about the server without any of its files.

Runs in the grpc environment.
"""

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from report import check, require
from run_context import converted, read_context
from server_process import CALL_TIMEOUT_S, Server

SERVICES = {
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
    "inference.GRPCInferenceService",
    "tensorflow.serving.ModelService",
    "tensorflow.serving.PredictionService",
}


def main() -> None:
    """One server, asked by reflection alone, and watched until it ends."""
    context = read_context()
    base = converted(context, "plus_one.pt2").parent
    server = Server(
        "plus", context.work / "logs" / "grpc-services.log", "--model_name", "plus", "--model_base_path", base
    )
    try:
        server.wait_until_available()
        channel = grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}")
        with check("reflection: the services, and a call with nothing but their description") as figure:
            figure(call_by_reflection(channel))
        with check("metadata: a call with too much is refused alone, and its connection goes on") as figure:
            figure(send_much_metadata(channel))
        with check("health: SERVING, unknown services, and NOT_SERVING to its watchers when the server ends") as figure:
            figure(watch_the_end(server, channel))
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


def call_by_reflection(channel: grpc.Channel) -> str:
    """Predict with messages made from what the server tells of itself; types are named as TensorFlow names them."""
    database = ProtoReflectionDescriptorDatabase(channel)
    services = set(database.get_services())
    require(services == SERVICES, f"services {sorted(services)}")
    pool = DescriptorPool(database)
    for service in SERVICES - {"grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"}:
        require(pool.FindServiceByName(service).full_name == service, f"{service} is not described")
    method = pool.FindServiceByName("tensorflow.serving.PredictionService").FindMethodByName("Predict")
    request, response = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
    tensor = {"dtype": "DT_FLOAT", "tensorShape": {"dim": [{"size": 1}, {"size": 3}]}, "floatVal": [1, 2, 3]}
    message = ParseDict({"modelSpec": {"name": "plus"}, "inputs": {"x": tensor}}, request())
    call = channel.unary_unary(
        "/tensorflow.serving.PredictionService/Predict", request.SerializeToString, response.FromString
    )
    (output,) = MessageToDict(call(message, timeout=CALL_TIMEOUT_S))["outputs"].values()
    require(output["dtype"] == "DT_FLOAT" and output["floatVal"] == [1.5, 2.0, 2.5], f"the answer is {output}")
    return f"{len(services)} services"


def send_much_metadata(channel: grpc.Channel) -> str:
    """100 kB of it in a call, while another call of the same connection is under way."""
    stub = health_pb2_grpc.HealthStub(channel)
    request = health_pb2.HealthCheckRequest(service="")
    watch = stub.Watch(request, timeout=CALL_TIMEOUT_S)
    next(watch)
    for name, value in (("text", "v" * 100_000), ("data-bin", bytes(range(256)) * 400)):
        try:
            stub.Check(request, timeout=CALL_TIMEOUT_S, metadata=[(name, value)])
            require(False, "100 kB of metadata were taken")
        except grpc.RpcError as error:
            require(error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, f"{error.code()}: {error.details()}")
            told = error.details()
        stub.Check(request, timeout=CALL_TIMEOUT_S, metadata=[(name, value[:1000])])
    require(watch.is_active(), "the call beside it has ended")
    watch.cancel()
    return told


def watch_the_end(server: Server, channel: grpc.Channel) -> str:
    """Check and Watch, over the server's end."""
    stub = health_pb2_grpc.HealthStub(channel)
    status = health_pb2.HealthCheckResponse.ServingStatus
    for service in ("", "PredictionService", "tensorflow.serving.ModelService"):
        told = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=CALL_TIMEOUT_S).status
        require(told == status.SERVING, f"'{service}' is {told}")
    try:
        stub.Check(health_pb2.HealthCheckRequest(service="nobody"), timeout=CALL_TIMEOUT_S)
        require(False, "an unknown service was answered")
    except grpc.RpcError as error:
        require(error.code() == grpc.StatusCode.NOT_FOUND, f"{error.code()}")
    watch = stub.Watch(health_pb2.HealthCheckRequest(service=""), timeout=CALL_TIMEOUT_S)
    require(next(watch).status == status.SERVING, "the watch does not begin with SERVING")
    server.terminate()
    require(next(watch).status == status.NOT_SERVING, "the end is not told")
    code = server.wait()
    require(code == 0, f"exit code {code}: {server.tail()}")
    return "NOT_SERVING before the end"


main()
