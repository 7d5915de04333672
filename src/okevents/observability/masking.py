"""Keeps passwords out of whatever is shown: logs, errors, `okevents config`."""

import re

MASK = "****"

# A password goes to the last @ of a word: who forgot to quote its / ? # or @ finds it masked in the complaint, too.
_USER_INFO = re.compile(r"(?P<before>\b[a-z][a-z0-9+.-]*://[^\s:/?#@]*:)(?!//)(?:(?!://)[^\s\"'])*(?=@)", re.IGNORECASE)
_PARAMETER = re.compile(r"(?P<before>[?&][\w.-]*(?:password|passwd|secret|token|key)=)[^\s&#'\"]+", re.IGNORECASE)


def masked(text: str) -> str:
    """The text with the password of every URL in it masked: `postgresql://user:****@host/db`."""
    if "://" not in text:
        return text
    return _PARAMETER.sub(rf"\g<before>{MASK}", _USER_INFO.sub(rf"\g<before>{MASK}", text))
