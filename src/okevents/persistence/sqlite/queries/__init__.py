"""The named queries, a `.sql` file for each subject."""

from pathlib import Path
from typing import Any

import aiosql

queries: Any = aiosql.from_path(Path(__file__).parent, "apsw", mandatory_parameters=False)
