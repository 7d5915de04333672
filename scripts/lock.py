"""`python -m scripts.lock`: pins the newest of everything in requirements/*.lock, with hashes.

`dev.lock` is for development and CI, `run.lock` for the embedded default, `all.lock` for every backend. The latter
two are taken out of the first, so a version is the same wherever it is.
"""

import os
import subprocess
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parent.parent
UV = Path(sysconfig.get_path("scripts"), "uv")

OPTIONS = ["--quiet", "--universal", "--python-version=3.11", "--generate-hashes", "--no-emit-index-url", "--no-config"]
SETS = {
    "dev": ["requirements/dev.in", "--extra=all", "--upgrade"],
    "run": ["--constraints=requirements/dev.lock"],
    "all": ["--constraints=requirements/dev.lock", "--extra=all"],
}


def main() -> None:
    for name, arguments in SETS.items():
        print(f"requirements/{name}.lock", flush=True)
        sources = ["pyproject.toml", "requirements/build.in"]
        subprocess.run(
            [UV, "pip", "compile", *OPTIONS, *sources, *arguments, f"--output-file=requirements/{name}.lock"],
            cwd=ROOT,
            env=os.environ | {"UV_CUSTOM_COMPILE_COMMAND": "make lock"},
            check=True,
        )


if __name__ == "__main__":
    main()
