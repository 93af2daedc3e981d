"""Jobs that may fail in whatever way, and end nothing but themselves."""

from .child import die_with as die_with
from .child import heard as heard
from .fork import JobError as JobError
from .fork import called as called
from .fork import contained as contained
