"""FastAPI around onnxruntime, on uvicorn with uvloop and httptools, one worker.

Usage: python fastapi_server.py MODEL.onnx PORT FORM   POST /predict {"instances": [[...]]} -> {"predictions": [[...]]}
FORM is `documented`, a typed body and a typed answer as its tutorial has them, or `bare`: the request's bytes, orjson
both ways, nothing checked. Both run the model in the event loop, which for so small a model is the fastest.
"""

import sys

import numpy as np
import orjson
import uvicorn
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel
from session import open_session

session = open_session(sys.argv[1])
app = FastAPI()


class Instances(BaseModel):
    """What is asked."""

    instances: list[list[float]]


class Predictions(BaseModel):
    """What is answered."""

    predictions: list[list[float]]


async def documented(request: Instances) -> Predictions:
    """One prediction, checked both ways."""
    outputs = session.run(None, {"x": np.asarray(request.instances, np.float32)})
    return Predictions(predictions=outputs[0].tolist())


async def bare(request: Request) -> Response:
    """One prediction by orjson alone."""
    instances = orjson.loads(await request.body())["instances"]
    outputs = session.run(None, {"x": np.asarray(instances, np.float32)})
    answer = orjson.dumps({"predictions": outputs[0]}, option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(answer, media_type="application/json")


if __name__ == "__main__":
    app.post("/predict")({"documented": documented, "bare": bare}[sys.argv[3]])
    options = {"loop": "uvloop", "http": "httptools", "access_log": False, "log_level": "warning"}
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), **options)
