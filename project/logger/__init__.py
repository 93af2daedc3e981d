"""Lightning's loggers, each made ready to use, and what is recorded of a run as a whole."""

from .csv import CSVLogger as CSVLogger
from .mlflow import MLFlowLogger as MLFlowLogger
from .recording import recording as recording
from .tensorboard import TensorBoardLogger as TensorBoardLogger
from .wandb import WandbLogger as WandbLogger
