"""TensorFlow's saved_model_cli, called many times without importing TensorFlow as often.

Each call forks this process, which has imported the tool but run nothing in it, and runs the tool's own `main` in the
child as `saved_model_cli` would: the same arguments, output, tracebacks and exit codes, seconds cheaper.
"""

import os
import sys
import tempfile
import traceback
from typing import NoReturn

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tensorflow.python.tools import saved_model_cli as tool  # noqa: E402  (the log level comes first)

from command import Outcome  # noqa: E402


def saved_model_cli(*arguments: object) -> Outcome:
    """Runs TensorFlow's tool to its end."""
    with tempfile.TemporaryFile("w+") as stdout, tempfile.TemporaryFile("w+") as stderr:
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            os.dup2(stdout.fileno(), 1)
            os.dup2(stderr.fileno(), 2)
            run_tool(list(map(str, arguments)))
        _, status = os.waitpid(child, 0)
        stdout.seek(0)
        stderr.seek(0)
        return Outcome(os.waitstatus_to_exitcode(status), stdout.read(), stderr.read())


def run_tool(arguments: list[str]) -> NoReturn:
    """Runs the tool's main in a forked child, and ends the child with its exit code."""
    code = 1
    try:
        sys.argv = [tool.__file__, *arguments]
        tool.main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # the child's last words, as Python itself would print them
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
