"""Running the command line of the checkout, as a user would, and reading what it tells."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from report import Unmet
from run_context import CHECKOUT

MAIN = CHECKOUT / json.loads((CHECKOUT / "package.json").read_text())["bin"]["torchferry"]
COMMAND_TIMEOUT_S = 300  # far above any conversion here: only a hang reaches it


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit code and what it printed."""

    code: int
    stdout: str
    stderr: str

    @property
    def last_words(self) -> str:
        """The last line on stderr: of a traceback, the exception."""
        return (self.stderr.strip().splitlines() or ["nothing on stderr"])[-1]


def torchferry_arguments(*arguments: object) -> list[str]:
    """The full argument list of one call."""
    return [shutil.which("node") or "node", str(MAIN), *map(str, arguments)]


def torchferry(
    *arguments: object,
    prefix: tuple[str, ...] = (),
    cwd: Path | None = None,
    environment: dict[str, str] | None = None,
) -> Outcome:
    """Runs the command line to its end. `prefix` stands before it, as `setpriv ...` would."""
    done = subprocess.run(
        [*prefix, *torchferry_arguments(*arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_TIMEOUT_S,
        cwd=cwd,
        env=environment,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def convert(model: Path, base: Path, *options: object) -> dict:
    """Converts a model file and returns what --json tells; raises Unmet with the message when it is refused."""
    outcome = torchferry("convert", model, "--output", base, "--json", *options)
    if outcome.code:
        raise Unmet(f"exit code {outcome.code}: {outcome.stderr.strip() or outcome.stdout.strip()}")
    return json.loads(outcome.stdout)
