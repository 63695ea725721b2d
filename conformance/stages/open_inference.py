"""The Open Inference Protocol by Triton's own clients, http and grpc, blocking and asyncio, and by plain HTTP.

One server with three models: every datatype, `pair` and `resnet18`. Runs in the triton environment.
"""

import asyncio
import json
import queue
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import tritonclient.grpc as triton_grpc
import tritonclient.grpc.aio as triton_grpc_aio
import tritonclient.http as triton_http
import tritonclient.http.aio as triton_http_aio
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from command import torchferry
from equal import largest_error
from open_inference_models import KINDS, same, values, write_kinds
from report import check, require
from run_context import Context, Model, converted, read_context, read_model
from server_process import Rest, Server

BINARY_ONLY = ("f16", "bf16")
NOT_TEXT = ("text",)  # its values are not all UTF-8, which JSON needs
STREAMED = 40
READY_LIMIT_S = 60


def main() -> None:
    """Starts the server and asks it everything."""
    context = read_context()
    bases = {"kinds": kinds_base(context)}
    for name in ("pair", "resnet18"):
        bases[name] = converted(context, f"{name}.pt2").parent
    config = context.work / "open-inference.config"
    lines = [f'config {{ name: "{n}" base_path: "{b}" model_platform: "tensorflow" }}' for n, b in bases.items()]
    config.write_text("model_config_list { %s }\n" % " ".join(lines))
    log = context.work / "logs" / "open-inference.log"
    server = Server("resnet18", log, "--model_config_file", config, "--admin_on_serving_ports")
    try:
        server.wait_until_available()  # of one model
        wait_until_ready(server)
        ask(server, context)
        server.terminate()
        with check("open inference: the server ends with exit code 0"):
            code = server.wait()
            require(code == 0, f"exit code {code}: {server.tail()}")
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


def wait_until_ready(server: Server) -> None:
    """Waits until every model is available."""
    client = triton_http.InferenceServerClient(f"127.0.0.1:{server.rest_port}")
    deadline = time.monotonic() + READY_LIMIT_S
    while not client.is_server_ready():
        require(time.monotonic() < deadline, f"not ready after {READY_LIMIT_S} s: {server.tail()}")
        time.sleep(0.1)


def kinds_base(context: Context) -> Path:
    """The converted model of every datatype."""
    file, base = context.work / "kinds.onnx", context.work / "converted-kinds"
    write_kinds(file)
    outcome = torchferry("convert", file, "--output", base)
    require(outcome.code == 0, f"the model of every datatype is not converted: {outcome.stderr[-500:]}")
    return base


def ask(server: Server, context: Context) -> None:
    """All checks against the running server."""
    http = triton_http.InferenceServerClient(f"127.0.0.1:{server.rest_port}", concurrency=4)
    grpc = triton_grpc.InferenceServerClient(f"127.0.0.1:{server.grpc_port}")
    with check("tritonclient: health, metadata, configuration, the repository's index, over http and grpc alike"):
        check_questions(http, grpc)
    for name, client, module in (("http", http, triton_http), ("grpc", grpc, triton_grpc)):
        with check(f"tritonclient {name}: every datatype as bytes, to the last bit"):
            check_kinds(client.infer("kinds", kinds(module), request_id="7"))
        for model in ("pair", "resnet18"):
            with check(f"tritonclient {name}: {model}") as figure:
                figure(errors(client.infer, module, read_model(context.models / model)))
        with check(f"tritonclient {name}: what is wrong is refused with its status"):
            check_refusals(client, module)
        with check(f"tritonclient {name}: unload and load"):
            check_control(client)
    with check("tritonclient http: values in the JSON, both ways"):
        check_json(http)
    with check("tritonclient http: gzip and deflate, both ways"):
        for kind in ("gzip", "deflate"):
            answer = http.infer(
                "kinds",
                kinds(triton_http),
                request_compression_algorithm=kind,
                response_compression_algorithm=kind,
            )
            check_kinds(answer)
    with check("tritonclient: classification"):
        check_classes(http, triton_http)
        check_classes(grpc, triton_grpc)
    with check(f"tritonclient grpc: a stream of {STREAMED} requests, some of them wrong, answered in order"):
        check_stream(grpc)
    with check("tritonclient: statistics count what was asked"):
        check_statistics(http, grpc)
    with check("tritonclient: asyncio, http and grpc, unary and streamed"):
        asyncio.run(check_asyncio(server))
    with check("plain HTTP: the bodies of health, bare bytes, and addresses that are none"):
        check_plain(Rest(server))


def kinds(module: ModuleType, json_values: bool = False) -> list:
    """The inputs of the model of every datatype."""
    inputs = []
    for kind, (datatype, _, _) in KINDS.items():
        array = values(kind)
        one = module.InferInput(kind, list(array.shape), datatype)
        if json_values and kind not in BINARY_ONLY + NOT_TEXT:
            one.set_data_from_numpy(array, binary_data=False)
        else:
            one.set_data_from_numpy(array)
        inputs.append(one)
    return inputs


def check_kinds(answer: object, without: tuple[str, ...] = ()) -> None:
    """Every output is what its input was."""
    for kind in KINDS:
        if kind in without:
            continue
        got = answer.as_numpy(f"{kind}_out")
        require(got is not None and same(got, values(kind)), f"{kind}: {got} came back for {values(kind)}")


def errors(infer: Callable, module: ModuleType, model: Model) -> str:
    """The largest error at each batch size against PyTorch's recorded outputs."""
    recorded, told = np.load(model.folder / "io.npz"), []
    for batch in model.facts["batches"]:
        inputs = []
        for i, name in enumerate(model.facts["inputs"]):
            array = recorded[f"b{batch}.in{i}"]
            one = module.InferInput(name, list(array.shape), np_to_triton_dtype(array.dtype))
            one.set_data_from_numpy(array)
            inputs.append(one)
        answer = infer(model.name, inputs)
        got = [answer.as_numpy(name) for name in model.facts["outputs"]]
        want = [recorded[f"b{batch}.out{i}"] for i in range(len(got))]
        told.append(f"batch {batch}: {largest_error(got, want):.1e}")
    return "  ".join(told)


def check_questions(http: triton_http.InferenceServerClient, grpc: triton_grpc.InferenceServerClient) -> None:
    """Both clients are told the same."""
    for client in (http, grpc):
        require(client.is_server_live() and client.is_server_ready(), "the server is not ready")
        require(client.is_model_ready("pair") and client.is_model_ready("pair", "1"), "pair is not ready")
    require(http.get_server_metadata() == grpc.get_server_metadata(as_json=True), "the server's metadata differ")
    for model in ("kinds", "pair", "resnet18"):
        over_http, over_grpc = http.get_model_metadata(model), grpc.get_model_metadata(model, as_json=True)
        for tensor in over_grpc["inputs"] + over_grpc["outputs"]:
            tensor["shape"] = [int(size) for size in tensor["shape"]]
        require(over_http == over_grpc, f"the metadata of {model} differ: {over_http} {over_grpc}")
        config = grpc.get_model_config(model, as_json=True)["config"]
        inputs = [(one["name"], one["data_type"], [int(size) for size in one["dims"]]) for one in config["input"]]
        want = [(o["name"], o["data_type"], o["dims"]) for o in http.get_model_config(model)["input"]]
        require(inputs == want, f"the configurations of {model} differ: {inputs} {want}")
    index = grpc.get_model_repository_index(as_json=True)["models"]
    told = [(one["name"], one["version"], one["state"]) for one in index]
    require(told == [(m, "1", "READY") for m in ("kinds", "pair", "resnet18")], f"the index is {told}")
    require([(one["name"], one["version"], one["state"]) for one in http.get_model_repository_index()] == told, "index")


def check_json(http: triton_http.InferenceServerClient) -> None:
    """What JSON can hold comes back through it; the rest as bytes beside it."""
    outputs = [triton_http.InferRequestedOutput(f"{k}_out", binary_data=k in BINARY_ONLY + NOT_TEXT) for k in KINDS]
    answer = http.infer("kinds", kinds(triton_http, json_values=True), outputs=outputs, request_id="a")
    require(answer.get_response()["id"] == "a", "the id is not echoed")
    for kind in KINDS:
        got, want = answer.as_numpy(f"{kind}_out"), values(kind)
        if kind in BINARY_ONLY + NOT_TEXT:
            require(same(got, want), f"{kind}: {got}")
        else:  # any NaN is a NaN: JSON has one word for all of them
            require(np.array_equal(got, want, equal_nan=got.dtype.kind == "f"), f"{kind}: {got}")


def check_classes(client: object, module: ModuleType) -> None:
    """The three best classes are those of the scores themselves."""
    image = np.random.default_rng(0).normal(size=(2, 3, 224, 224)).astype(np.float32)
    one = module.InferInput("input_img", list(image.shape), "FP32")
    one.set_data_from_numpy(image)
    scores = client.infer("resnet18", [one]).as_numpy("confidences")
    asked = [module.InferRequestedOutput("confidences", class_count=3)]
    classes = client.infer("resnet18", [one], outputs=asked).as_numpy("confidences")
    got = [[int((text if isinstance(text, str) else text.decode()).split(":")[1]) for text in row] for row in classes]
    require(got == np.argsort(-scores, axis=1, kind="stable")[:, :3].tolist(), f"the classes are {classes}")


def check_refusals(client: object, module: ModuleType) -> None:
    """Each wrong request has its status, and the server goes on."""
    few, http = kinds(module)[:3], module is triton_http
    double = module.InferInput("gain", [1, 1], "FP64")
    double.set_data_from_numpy(np.ones((1, 1)))
    wrong = {
        "an unknown model": (lambda: client.infer("nope", few), "404", "NOT_FOUND"),
        "an unknown version": (lambda: client.infer("kinds", few, "9"), "404", "NOT_FOUND"),
        "missing inputs": (lambda: client.infer("kinds", few), "400", "INVALID_ARGUMENT"),
        "an input twice": (lambda: client.infer("kinds", [few[0], few[0]]), "400", "INVALID_ARGUMENT"),
        "another datatype": (lambda: client.infer("pair", [double]), "400", "INVALID_ARGUMENT"),
        "load of an unknown model": (lambda: client.load_model("nope"), "404", "NOT_FOUND"),
        "load with files": (lambda: client.load_model("pair", config="{}"), "501", "UNIMPLEMENTED"),
    }
    for name, (call, status, code) in wrong.items():
        try:
            call()
        except InferenceServerException as error:
            got = str(error.status())
            require((status if http else code) in got, f"{name}: {got} {error.message()}")
        else:
            require(False, f"{name} was answered")


def check_control(client: object) -> None:
    """A model that is unloaded is not found until it is loaded again."""
    client.unload_model("pair")
    require(not ready(client), "pair is ready after it was unloaded")
    client.load_model("pair")
    require(ready(client), "pair is not ready after it was loaded")


def ready(client: object) -> bool:
    """Whether `pair` is ready; over gRPC a model that is gone is an error."""
    try:
        return client.is_model_ready("pair")
    except InferenceServerException:
        return False


def check_stream(grpc: triton_grpc.InferenceServerClient) -> None:
    """Answers come in the order of the requests, with an error where one was wrong."""
    answers: queue.Queue = queue.Queue()
    grpc.start_stream(lambda result, error: answers.put((result, error)))
    inputs = kinds(triton_grpc)
    for number in range(STREAMED):
        grpc.async_stream_infer("nope" if number % 7 == 3 else "kinds", inputs, request_id=str(number))
    for number in range(STREAMED):
        result, error = answers.get(timeout=60)
        if number % 7 == 3:
            require(error is not None and "nope" in error.message(), f"request {number}: {error}")
        else:
            require(error is None and result.get_response().id == str(number), f"request {number}: {error}")
            check_kinds(result)
    grpc.stop_stream()


def check_statistics(http: triton_http.InferenceServerClient, grpc: triton_grpc.InferenceServerClient) -> None:
    """Two more requests of two rows each are two more runs and four more inferences, and took time."""
    before = http.get_inference_statistics("kinds", "1")["model_stats"][0]
    http.infer("kinds", kinds(triton_http))
    grpc.infer("kinds", kinds(triton_grpc))
    (after,) = grpc.get_inference_statistics("kinds", "1", as_json=True)["model_stats"]
    grown = {key: int(after[key]) - before[key] for key in ("inference_count", "execution_count")}
    require(grown == {"inference_count": 4, "execution_count": 2}, f"grown by {grown}")
    for part in ("success", "compute_infer", "queue"):
        old, new = before["inference_stats"][part], after["inference_stats"][part]
        require(int(new["count"]) == old["count"] + 2, f"{part}: {old} {new}")
    spent = int(after["inference_stats"]["success"]["ns"]) - before["inference_stats"]["success"]["ns"]
    require(0 < spent < 60e9, f"two requests took {spent} ns")


async def check_asyncio(server: Server) -> None:
    """The clients for asyncio."""
    async with triton_http_aio.InferenceServerClient(f"127.0.0.1:{server.rest_port}") as client:
        require(await client.is_server_ready(), "the server is not ready")
        check_kinds(await client.infer("kinds", kinds(triton_http)))
    async with triton_grpc_aio.InferenceServerClient(f"127.0.0.1:{server.grpc_port}") as client:
        require(await client.is_server_ready(), "the server is not ready")
        for answer in await asyncio.gather(*(client.infer("kinds", kinds(triton_grpc)) for _ in range(8))):
            check_kinds(answer)

        async def requests():
            for number in range(3):
                yield {"model_name": "kinds", "inputs": kinds(triton_grpc), "request_id": str(number)}

        seen = []
        async for result, error in client.stream_infer(requests()):
            require(error is None, f"{error}")
            seen.append(result.get_response().id)
        require(seen == ["0", "1", "2"], f"answers {seen}")


def check_plain(rest: Rest) -> None:
    """What a client without a library sees."""
    require(rest.get("/v2/health/live") == (200, {"live": True}), "live")
    require(rest.get("/v2/health/ready") == (200, {"ready": True}), "ready")
    require(rest.get("/v2/models/pair/ready") == (200, {"name": "pair", "ready": True}), "model ready")
    for path in ("/v2/models/nope", "/v2/models/pair/versions/7/ready", "/v2/nothing"):
        status, body = rest.get(path)
        require(status == 404 and list(body) == ["error"], f"{path}: {status} {body}")
    sizes = {"image": (1, 3, 8, 8), "gain": (1, 1)}
    inputs = [{"name": n, "shape": s, "datatype": "FP32", "data": np.ones(s).tolist()} for n, s in sizes.items()]
    status, body = rest.exchange("POST", "/v2/models/pair/infer", json.dumps({"inputs": inputs}, sort_keys=True))
    require(status == 200 and len(body["outputs"]) == 3, f"{status} {body}")
    lie = json.dumps({"inputs": [{**inputs[0], "shape": [2**31, 2**31]}, inputs[1]]})
    status, body = rest.exchange("POST", "/v2/models/pair/infer", lie)
    require(status == 400 and "shape" in body["error"], f"{status} {body}")


main()
