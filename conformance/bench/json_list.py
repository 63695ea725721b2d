"""Prints a float32 tensor as Python writes it: `json.dumps` of the nested lists that numpy's `tolist()` makes of it.

Usage: python3 json_list.py SHAPE < little-endian bytes   with SHAPE such as 1,3,224,224
"""

import array
import json
import sys


def nested(numbers: list[float], shape: list[int]) -> list:
    """The numbers, row-major, as lists within lists."""
    for size in reversed(shape[1:]):
        numbers = [numbers[at : at + size] for at in range(0, len(numbers), size)]
    return numbers


values = array.array("f", sys.stdin.buffer.read())
if sys.byteorder == "big":
    values.byteswap()
print(json.dumps(nested(values.tolist(), [int(size) for size in sys.argv[1].split(",")])), end="")
