"""What a Trainer is given: the number of machines, and a strategy of ours."""

from .fsdp import FSDP as FSDP
from .nodes import num_nodes as num_nodes
