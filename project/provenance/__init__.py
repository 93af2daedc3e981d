"""What a run was made of, in its directory, and what differs when it is repeated."""

from .compare import outcome as outcome
from .provenance import Provenance as Provenance
from .provenance import code_since as code_since
from .provenance import masked as masked
