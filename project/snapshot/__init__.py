"""What importing a program's sources came to, kept as plain data for the next start, which can then do without."""

from project.snapshot.aside import aside as aside
from project.snapshot.file import Snapshot as Snapshot
from project.snapshot.file import keep as keep
from project.snapshot.file import kept as kept
from project.snapshot.watch import Watch as Watch
from project.snapshot.watch import holds_secret as holds_secret
