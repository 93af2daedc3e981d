"""Wall 3: one step of training and validation on tensors without memory, before the Trainer exists."""

from .batch import DeclaresBatch as DeclaresBatch
from .child import Unfinished as Unfinished
from .child import isolated as isolated
from .device import device_memory as device_memory
from .flight import preflight as preflight
from .report import Memory as Memory
from .report import Report as Report
from .report import Trouble as Trouble
