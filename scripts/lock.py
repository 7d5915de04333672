"""`python -m scripts.lock`: pins the newest of everything in requirements/*.lock, with hashes.

`dev.lock` is for development and CI, `run.lock` for the embedded default, `all.lock` for every backend. The latter
two are taken out of the first, so a version is the same wherever it is. `audit.lock` is for `make audit` alone.
"""

import os
import subprocess
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parent.parent
UV = Path(sysconfig.get_path("scripts"), "uv")

OPTIONS = ["--quiet", "--universal", "--python-version=3.11", "--generate-hashes", "--no-emit-index-url", "--no-config"]
OWN = ["pyproject.toml", "requirements/build.in"]
SETS = {
    "dev": [*OWN, "requirements/dev.in", "--extra=all", "--upgrade"],
    "run": [*OWN, "--constraints=requirements/dev.lock"],
    "all": [*OWN, "--constraints=requirements/dev.lock", "--extra=all"],
    "audit": ["requirements/audit.in", "--upgrade"],
}


def main() -> None:
    for name, arguments in SETS.items():
        print(f"requirements/{name}.lock", flush=True)
        subprocess.run(
            [UV, "pip", "compile", *OPTIONS, *arguments, f"--output-file=requirements/{name}.lock"],
            cwd=ROOT,
            env=os.environ | {"UV_CUSTOM_COMPILE_COMMAND": "make lock"},
            check=True,
        )


if __name__ == "__main__":
    main()
