"""References to other parts of the config: misspelt, of a wrong type, and in a wrong place."""

from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger
from torchmetrics.classification import MulticlassAccuracy

from configs import cfg
from project.config import conf, refs
from project.datamodule import FashionMNIST
from project.loop import SupervisedLoop
from project.model import MLP

conf(MLP)(input_dim=cfg.datamodule.input_dim, output_dim=cfg.datamodule.num_classes)
conf(FashionMNIST)(seed=cfg.seed)
conf(EarlyStopping)(monitor=cfg.monitor, mode=cfg.mode)
conf(CSVLogger)(save_dir=f"{cfg.output_dir}/logs")
conf(SupervisedLoop)(cfg.model, cfg.loss, cfg.optimizer, cfg.scheduler, cfg.metrics)

# Misspelt
conf(MLP)(cfg.datamodule.input_dim, cfg.datamodule.num_clases)  # wrong: a misspelt class attribute
conf(MLP)(cfg.datamodul.input_dim, cfg.datamodule.num_classes)  # wrong: a misspelt component
conf(FashionMNIST)(seed=cfg.sed)  # wrong: a misspelt value
conf(SupervisedLoop)(cfg.modell, cfg.loss, cfg.optimizer, cfg.scheduler, cfg.metrics)  # wrong: a misspelt model
conf(CSVLogger)(save_dir=f"{cfg.output}/logs")  # wrong: a misspelt value in a text
conf(MLP)(cfg.datamodule.input_dim, cfg.num_classes)  # wrong: an attribute looked for at the top
conf(MLP)(cfg.datamodule.input_dim.value, 10)  # wrong: an attribute of a number
conf(MLP)(cfg["datamodule"].input_dim, 10)  # wrong: a reference by index

# Of a wrong type
conf(MLP)(784, 10, hidden_dim=cfg.monitor)  # wrong: text for an integer
conf(MLP)(784, 10, hidden_dim=cfg.datamodule.classes)  # wrong: names for an integer
conf(MLP)(784, 10, hidden_dim=cfg.model)  # wrong: a model for an integer
conf(MLP)(784, 10, hidden_dim=f"{cfg.seed}")  # wrong: an integer made text
conf(MLP)(784, 10, dropout=cfg.mode)  # wrong: text for a share
conf(FashionMNIST)(batch_size=cfg.datamodule)  # wrong: a component for an integer
conf(FashionMNIST)(seed=cfg.output_dir)  # wrong: a directory for an integer
conf(EarlyStopping)(monitor=cfg.seed)  # wrong: an integer for text
conf(EarlyStopping)(monitor=cfg.metrics)  # wrong: the metrics for a name
conf(ModelCheckpoint)(dirpath=cfg.seed)  # wrong: an integer for a directory
conf(MulticlassAccuracy)(num_classes=cfg.datamodule.std)  # wrong: deviations for the number of classes

# In a wrong place
conf(SupervisedLoop)(cfg.datamodule, cfg.loss, cfg.optimizer, cfg.scheduler, cfg.metrics)  # wrong: data for the model
conf(SupervisedLoop)(cfg.model, cfg.loss, cfg.scheduler, cfg.optimizer, cfg.metrics)  # wrong: two references swapped
conf(SupervisedLoop)(cfg.model, cfg.loss, cfg.optimizer, cfg.scheduler, cfg.model)  # wrong: a model for the metrics
conf(SupervisedLoop)(cfg.model, cfg.optimizer, cfg.optimizer, cfg.scheduler, cfg.metrics)  # wrong: one as another


class Few:
    """Fields of one's own."""

    model: MLP
    width: int


few = refs(Few)
conf(MLP)(few.width, 10)
conf(MLP)(few.depth, 10)  # wrong: a field that is not listed
conf(MLP)(few.model.width, 10)  # wrong: a field looked for in a component
refs(Few())  # wrong: an instance for a class of fields
refs("model")  # wrong: text for a class of fields
