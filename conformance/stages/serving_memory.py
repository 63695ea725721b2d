"""What a server's memory holds, by the benches that measure it: figures that another process's work does not change.

Runs in the system's Python. The same benches measure times, which are not looked at here.
"""

import json
import subprocess

from report import check, require
from run_context import CHECKOUT

BENCHES = (
    ("start", "--only", "memory"),
    ("serving", "--only", "large_json", "--rounds", "1"),
)
BENCH_SECONDS = 300


def main() -> None:
    """Each bench, and each of its figures that is about memory."""
    for bench in BENCHES:
        with check(f"bench {' '.join(bench)}"):
            rows = [row for row in run(*bench) if row["what"].startswith(("memory", "grown"))]
            require(rows, "no figures")
            for row in rows:
                tell(row)


def tell(row: dict) -> None:
    """One figure as a check."""
    with check(row["what"]) as figure:
        figure(f"{row['measured']} (wanted {row['wanted']})")
        require(row["holds"], f"{row['measured']}, wanted {row['wanted']}")


def run(*bench: str) -> list[dict]:
    """What must hold of a bench, as its rows say it."""
    command = ["node", CHECKOUT / "bench" / "main.mjs", *bench, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BENCH_SECONDS)
    require(done.returncode == 0, done.stderr[-1000:])
    return json.loads(done.stdout)["what must hold"]


if __name__ == "__main__":
    main()
