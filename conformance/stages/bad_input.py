"""What goes wrong for users: each case one clear message, its exit code, and nothing left that a server would load.

Runs in the system's Python. Full disk and read-only directory need the right to mount and to drop capabilities;
without it they are left out, with a note.
"""

import os
import random
import shutil
import signal
import subprocess
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from command import Outcome, convert, torchferry, torchferry_arguments
from report import check, note, require
from run_context import Context, converted, read_context
from stages.conversion import same_files

UNREADABLE, UNCONVERTIBLE = 3, 4
KILLS, KILLS_FULL = 25, 200
SMALL_DISK_BYTES = 1 << 20  # the encoder needs 5.5 MB


def main() -> None:
    """All cases."""
    context = read_context()
    files = context.work / "bad"
    files.mkdir()
    for name, (write, code, words) in cases(context).items():
        file = files / name
        with check(f"{name}: exit code {code}") as figure:
            write(file)
            figure(check_refused(context, file, code, words))
    with check("a missing file: exit code 3") as figure:
        figure(check_refused(context, files / "nothing.pt2", UNREADABLE, ("nothing.pt2", "no such file")))
    with check("pickle-bomb.pt: nothing was executed"):
        require(not list(files.glob("*.ran")), "the pickle's command ran")
    full_disk(context)
    read_only(context)
    killed(context)


Case = tuple[Callable[[Path], object], int, tuple[str, ...]]


def cases(context: Context) -> dict[str, Case]:
    """File name -> how it is made, the exit code, and words that the message has to hold."""
    good = context.models / "resnet18"
    broken = context.models / "broken"
    operators = ("aten.linalg_eigvalsh", "aten.linalg_svdvals")
    return {
        "truncated.pt2": (lambda f: truncate(good / "model.pt2", f, 0.7), UNREADABLE, ("truncated.pt2",)),
        "truncated-early.pt2": (
            lambda f: truncate(good / "model.pt2", f, 0.001),
            UNREADABLE,
            ("truncated-early.pt2",),
        ),
        "truncated.onnx": (lambda f: truncate(good / "model.onnx", f, 0.7), UNREADABLE, ("truncated.onnx",)),
        "state_dict.pt": (
            lambda f: shutil.copy(broken / "weights.pt", f),
            UNREADABLE,
            ("state_dict", "torch.export.export(", "torch.export.save("),
        ),
        "text.onnx": (lambda f: f.write_text("this is a text, not a model\n"), UNREADABLE, ("text.onnx",)),
        "empty.onnx": (lambda f: f.write_bytes(b""), UNREADABLE, ("empty.onnx",)),
        "page.pt2": (lambda f: f.write_text("<!DOCTYPE html><html>Not Found</html>"), UNREADABLE, ("page.pt2",)),
        "lfs-pointer.pt2": (
            lambda f: f.write_text("version https://git-lfs.github.com/spec/v1\n"),
            UNREADABLE,
            (),
        ),
        "pickle-bomb.pt": (write_hostile_pickle, UNREADABLE, ("pickle-bomb.pt",)),
        "compiled.pt2": (write_aotinductor_package, UNREADABLE, ("AOTInductor",)),
        "weights-missing.onnx": (
            lambda f: shutil.copy(context.models / "encoder/external/model.onnx", f),
            UNREADABLE,
            ("model.onnx.data",),
        ),
        "undone.pt2": (
            lambda f: shutil.copy(broken / "undone.pt2", f),
            UNCONVERTIBLE,
            (*operators, "tail", "models.py"),
        ),
    }


def check_refused(context: Context, file: Path, code: int, words: tuple[str, ...]) -> str:
    """Converts, and serves nothing: exit code, message, what is left; --dry-run says the same."""
    base = context.work / "left" / file.name
    outcome = torchferry("convert", file, "--output", base)
    check_message(outcome, code, words)
    left = sorted(p.name for p in base.iterdir()) if base.exists() else []
    require(not left, f"left behind: {left}")
    dry = torchferry("convert", file, "--output", base, "--dry-run")
    require(dry.code == code, f"--dry-run ends with {dry.code}")
    return outcome.stderr.strip()[:160]


def check_message(outcome: Outcome, code: int, words: tuple[str, ...]) -> None:
    """The exit code, the words, and no stack trace."""
    require(outcome.code == code, f"exit code {outcome.code}: {outcome.stderr[-500:]}")
    missing = [word for word in words if word not in outcome.stderr]
    require(not missing, f"the message lacks {missing}: {outcome.stderr[:800]}")
    require("\n    at " not in outcome.stderr, f"a stack trace is shown: {outcome.stderr[:500]}")
    require(outcome.stdout.strip() == "", f"something stands on stdout: {outcome.stdout[:200]}")


def truncate(source: Path, target: Path, share: float) -> None:
    """Writes the first part of a file, as a broken download leaves it."""
    data = source.read_bytes()
    target.write_bytes(data[: int(len(data) * share)])


def write_aotinductor_package(file: Path) -> None:
    """An archive as torch._inductor.aoti_compile_and_package writes it: compiled code, no graph."""
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("model/archive_format", "pt2")
        archive.writestr("model/archive_version", "0")
        archive.writestr("model/data/aotinductor/model/cabc.wrapper.so", b"\x7fELF" + bytes(64))
        archive.writestr("model/data/aotinductor/model/cabc.wrapper.cpp", "// generated")
        archive.writestr("model/data/aotinductor/model/cabc.wrapper_metadata.json", "{}")


def write_hostile_pickle(file: Path) -> None:
    """A checkpoint whose pickle would run a command when unpickled; nothing may run."""
    mark = file.with_suffix(".ran")
    command = f"touch {mark}".encode()
    pickle = b"\x80\x02cposix\nsystem\nX" + len(command).to_bytes(4, "little") + command + b"\x85R."
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickle)
        archive.writestr("archive/version", "3\n")


def full_disk(context: Context) -> None:
    """A disk that becomes full while the weights are written."""
    disk = context.work / "small-disk"
    disk.mkdir()
    if not mounted(disk, f"size={SMALL_DISK_BYTES}"):
        note("full disk: left out, mounting a small tmpfs needs root")
        return
    try:
        with check("a full disk: exit code 1, nothing left") as figure:
            outcome = torchferry("convert", context.models / "encoder/model.pt2", "--output", disk / "base")
            check_message(outcome, 1, ("disk is full",))
            left = [str(p.relative_to(disk)) for p in disk.rglob("*") if p.is_file()]
            require(not left, f"left behind: {left}")
            figure(outcome.stderr.strip()[:160])
    finally:
        subprocess.run(["umount", disk], check=False)


def mounted(folder: Path, options: str) -> bool:
    """Mounts a tmpfs; whether that was allowed."""
    if os.geteuid() != 0:
        return False
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False
    )
    return done.returncode == 0


def read_only(context: Context) -> None:
    """A directory without permission; root needs to lose its right to ignore permissions first."""
    folder = context.work / "locked"
    folder.mkdir()
    folder.chmod(0o555)
    prefix = ()
    if os.geteuid() == 0:
        prefix = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all", "--")
        if (
            not shutil.which("setpriv")
            or subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode
        ):
            note("read-only directory: left out, root cannot drop its capabilities here")
            return
    for name, base in (("directory without permission", folder), ("base below it", folder / "base")):
        with check(f"a {name}: exit code 1, nothing left") as figure:
            outcome = torchferry("convert", context.models / "plus_one/model.pt2", "--output", base, prefix=prefix)
            check_message(outcome, 1, (str(folder), "cannot be written"))
            require(not any(folder.iterdir()), "something was written")
            figure(outcome.stderr.strip()[:160])


def killed(context: Context) -> None:
    """kill -9 at random moments: a version is whole or not there, and the next conversion works and tidies up."""
    file, want = context.models / "encoder/model.pt2", converted(context, "encoder.pt2")
    base = context.work / "killed"
    rounds = KILLS_FULL if context.full else KILLS
    with check(f"kill -9 at {rounds} random moments: whole or absent") as figure:
        times, moments, whole, begun = time_one(file, context.work / "timed"), random.Random(0), 0, 0
        for number in range(rounds):
            if number % 5 == 0:  # in between, what a killed one left meets the next conversion
                shutil.rmtree(base, ignore_errors=True)
            versions = kill_one(file, base, moments, times, while_writing=number % 2 == 0)
            require(all(same_files(v, want) for v in versions), f"half a version: {[str(v) for v in versions]}")
            hidden = [p for p in base.iterdir() if p.name.startswith(".")] if base.exists() else []
            whole, begun = whole + len(versions), begun + bool(hidden)
        convert(file, base)
        left = sorted(p.name for p in base.iterdir() if not p.name.isdigit())
        require(not left, f"left behind after the next conversion: {left}")
        newest = max(int(p.name) for p in base.iterdir())
        require(same_files(base / str(newest), want), "the conversion after the last kill is not whole")
        figure(f"{whole} whole, {begun} begun and out of sight, {rounds - whole - begun} not begun")


def time_one(file: Path, base: Path) -> tuple[float, float]:
    """Seconds of a conversion: until it begins to write, and as a whole."""
    started = time.monotonic()
    process = start(file, base)
    writing_s = await_writing(process, base) - started
    process.wait()
    return writing_s, time.monotonic() - started


def kill_one(
    file: Path, base: Path, moments: random.Random, times: tuple[float, float], *, while_writing: bool
) -> list[Path]:
    """Starts a conversion, kills it at a random moment, and returns the versions that this one made."""
    before = set(base.iterdir()) if base.exists() else set()
    writing_s, whole_s = times
    process = start(file, base)
    if while_writing:
        await_writing(process, base, before)
        time.sleep(moments.uniform(0, whole_s - writing_s))
    else:
        time.sleep(moments.uniform(0, whole_s))
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return [p for p in base.iterdir() if p.name.isdigit() and p not in before] if base.exists() else []


def start(file: Path, base: Path) -> subprocess.Popen:
    """Starts a conversion in a process group of its own, with whatever processes it starts itself."""
    return subprocess.Popen(
        torchferry_arguments("convert", file, "--output", base),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def await_writing(process: subprocess.Popen, base: Path, before: set[Path] = frozenset()) -> float:
    """Waits until something new stands in the output directory, or the process ends; returns that moment."""
    while process.poll() is None and not (base.exists() and set(base.iterdir()) - before):
        time.sleep(0.001)
    return time.monotonic()


if __name__ == "__main__":
    main()
