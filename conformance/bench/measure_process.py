"""Runs a command and prints what it cost as JSON: {"wall_s", "cpu_s", "peak_rss_bytes"}, its children included.

Node has no call for a child's resource usage; wait4 tells it. The command's output is kept away, and shown on failure.
"""

import json
import os
import subprocess
import sys
import tempfile
import time

with tempfile.TemporaryFile() as output:
    started = time.monotonic()
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.monotonic() - started
    if status:
        output.seek(0)
        sys.exit(f"{sys.argv[1:]} failed:\n{output.read()[-2000:].decode(errors='replace')}")
cost = {"wall_s": wall_s, "cpu_s": usage.ru_utime + usage.ru_stime, "peak_rss_bytes": usage.ru_maxrss * 1024}
print(json.dumps(cost))
