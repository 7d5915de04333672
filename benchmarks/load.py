"""Load from wrk, on a core of its own."""

import re
import subprocess
import tempfile
from pathlib import Path

SERVER_CORE, LOAD_CORE = "0", "1"


def requests_per_second(url: str, *, clients: int = 64, seconds: int = 4, body: str | None = None) -> float:
    """What wrk reports; raises RuntimeError if any answer wasn't 2xx."""
    command = ["taskset", "-c", LOAD_CORE, "wrk", "-t", "1", "-c", str(clients), "-d", f"{seconds}s"]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        if body is not None:
            script.write('wrk.method = "POST"\nwrk.headers["content-type"] = "application/json"\n')
            script.write(f"wrk.body = [==[{body}]==]\n")
            script.flush()
            command += ["-s", script.name]
        told = subprocess.run([*command, url], capture_output=True, text=True, check=True, timeout=120).stdout
    if "Non-2xx" in told:
        raise RuntimeError(f"{url}: {told}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", told)
    if found is None:
        raise RuntimeError(f"wrk said: {told}")
    return float(found[1])


def resident_megabytes(pid: int) -> float:
    """The process's resident memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0
