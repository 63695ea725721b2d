"""What "equal to PyTorch" means.

The same number of outputs, each of the same shape and dtype. Integers, booleans and strings exactly. Floats: NaN and
infinities in the same places, and the largest difference at most `limit` times the output's largest absolute value.
A complex tensor stands at our interface as floats with a trailing axis of 2.
"""

from collections.abc import Sequence

import numpy as np

from report import Unmet

# By dtype, times the output's largest absolute value. Networks of more than a hundred layers pass DEEP for float32.
LIMITS = {"float32": 1e-4, "float64": 1e-9, "float16": 2e-3, "bfloat16": 2e-2}
DEEP = 3e-4

# Engines take numbers below the smallest normal one for zero.
FLUSHED = {name: float(np.finfo(name).smallest_normal) for name in ("float32", "float64")}


def largest_error(got: Sequence[np.ndarray], want: Sequence[np.ndarray], float32_limit: float = 1e-4) -> float:
    """Compares lists of outputs; returns the largest relative error, raises Unmet where they are not equal."""
    if len(got) != len(want):
        raise Unmet(f"{len(got)} outputs, want {len(want)}")
    return max(
        (one_error(i, np.asarray(g), w, float32_limit) for i, (g, w) in enumerate(zip(got, want))), default=0.0
    )


def one_error(index: int, got: np.ndarray, want: np.ndarray, float32_limit: float) -> float:
    """The relative error of one output."""
    if want.dtype.kind == "c":
        want = np.stack([want.real, want.imag], -1)
    if got.shape != want.shape or got.dtype != want.dtype:
        raise Unmet(f"output {index} is {got.dtype}{list(got.shape)}, want {want.dtype}{list(want.shape)}")
    if str(want.dtype) not in LIMITS:
        if "float8" in str(want.dtype):  # exactly, but one NaN is as good as another
            got, want = got.astype("f4"), want.astype("f4")
        if not np.array_equal(got, want, equal_nan=want.dtype.kind == "f"):
            raise Unmet(f"output {index}: {np.mean(got != want):.1%} of the elements differ")
        return 0.0
    if want.size == 0:
        return 0.0
    dtype = want.dtype
    got, want, limit = got.astype("f8"), want.astype("f8"), limit_of(dtype, float32_limit)
    finite = np.isfinite(want)
    if not np.array_equal(got[~finite], want[~finite], equal_nan=True) or not np.isfinite(got[finite]).all():
        raise Unmet(f"output {index}: NaN or infinities stand in other places")
    if not finite.any():
        return 0.0
    scale = float(np.abs(want[finite]).max()) or 1.0
    worst = float(np.abs(got[finite] - want[finite]).max())
    if worst <= FLUSHED.get(str(dtype), 0.0):
        return 0.0
    error = worst / scale
    if not error <= limit:
        raise Unmet(f"output {index} differs by {error:.2g} of its largest value, at most {limit:.0e} is allowed")
    return error


def limit_of(dtype: np.dtype, float32_limit: float) -> float:
    """The limit for a float dtype."""
    return float32_limit if dtype == np.float32 else LIMITS[str(dtype)]


def tells_something(outputs: Sequence[np.ndarray]) -> bool:
    """Whether some output is neither empty nor constant, so that comparing it proves something."""
    return any(
        o.size > 1 and not np.array_equal(o, np.full_like(o, o.flat[0]), equal_nan=o.dtype.kind in "fc")
        for o in outputs
    )
