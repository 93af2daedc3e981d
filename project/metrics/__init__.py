"""A managed set of torchmetrics, and those of them that are given logits."""

from .from_logits import BinaryAccuracy as BinaryAccuracy
from .from_logits import BinaryAUROC as BinaryAUROC
from .from_logits import BinaryAveragePrecision as BinaryAveragePrecision
from .from_logits import BinaryF1Score as BinaryF1Score
from .from_logits import MulticlassAUROC as MulticlassAUROC
from .from_logits import MulticlassCalibrationError as MulticlassCalibrationError
from .from_logits import MultilabelAccuracy as MultilabelAccuracy
from .from_logits import MultilabelAUROC as MultilabelAUROC
from .from_logits import MultilabelAveragePrecision as MultilabelAveragePrecision
from .from_logits import MultilabelF1Score as MultilabelF1Score
from .metrics import Metrics as Metrics
from .metrics import Phase as Phase
