"""Load from wrk, on a core of its own."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

SERVER_CORE, LOAD_CORE = "0", "1"


def requests_per_second(
    url: str,
    *,
    clients: int = 64,
    seconds: int = 4,
    body: str | None = None,
    script: str | None = None,
    is_refused: bool = False,
) -> float:
    """What wrk reports of posting the body, or of what the Lua script does.

    Raises RuntimeError if any answer wasn't 2xx; or, where all are to be refused, if any was.
    """
    if body is not None:
        script = 'wrk.method = "POST"\nwrk.headers["content-type"] = "application/json"\n'
        script += f"wrk.body = [==[{body}]==]\n"
    told = wrk(url, clients=clients, seconds=seconds, script=script)
    answered = re.search(r"(\d+) requests in", told)
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
    if answered is None or int(refused[1] if refused else 0) != (int(answered[1]) if is_refused else 0):
        raise RuntimeError(f"{url}: {told}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", told)
    if found is None:
        raise RuntimeError(f"wrk said: {told}")
    return float(found[1])


def wrk(url: str, *, clients: int, seconds: int, script: str | None = None) -> str:
    """What wrk says when it has done what the Lua script asks for, or nothing but GET."""
    command = ["taskset", "-c", LOAD_CORE, "wrk", "-t", "1", "-c", str(clients), "-d", f"{seconds}s"]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        if script is not None:
            file.write(script)
            file.flush()
            command += ["-s", file.name]
        return subprocess.run([*command, url], capture_output=True, text=True, check=True, timeout=120).stdout


def resident_megabytes(pid: int, *, at_most: bool = False) -> float:
    """The process's resident memory; `at_most`: the most it ever had."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(rf"{'VmHWM' if at_most else 'VmRSS'}:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def processor_seconds(pid: int) -> float:
    """How long the process's threads have run since its start, in the program and in the kernel (proc(5), stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
