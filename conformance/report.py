"""Checks and how they are told: one line each, `ok|FAIL  name  figure`, printed as it happens.

A stage wraps each thing it proves in `with check(name) as figure`: an exception inside makes it FAIL with the reason,
otherwise it is ok with what was put into `figure`. main.py counts the lines, so a stage needs no other protocol.
"""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

OK, FAIL = "ok  ", "FAIL"


class Unmet(Exception):
    """A requirement that does not hold; its text is the reason that is printed."""


class Figure:
    """The number or remark printed beside a check."""

    def __init__(self) -> None:
        self.text = ""

    def __call__(self, text: str) -> None:
        self.text = text


@contextmanager
def check(name: str) -> Iterator[Figure]:
    """Runs a block as one check and prints its line; errors inside do not leave it."""
    figure = Figure()
    try:
        yield figure
    except Unmet as reason:
        tell(FAIL, name, str(reason))
    except Exception as error:  # whatever a library throws is a failure of this check alone
        tell(FAIL, name, f"{type(error).__name__}: {error} ({innermost(error)})")
    else:
        tell(OK, name, figure.text)


def require(condition: object, reason: str) -> None:
    """Fails the surrounding check when the condition does not hold."""
    if not condition:
        raise Unmet(reason)


def note(text: str) -> None:
    """Prints something that is no check, such as why one was left out."""
    print(f"note  {text}", flush=True)


def tell(verdict: str, name: str, text: str) -> None:
    """Prints one check's line."""
    print(f"{verdict}  {name:<66}  {' '.join(text.split())[:1500]}".rstrip(), flush=True)


def innermost(error: BaseException) -> str:
    """The place an exception came from, as file:line."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else "unknown place"
