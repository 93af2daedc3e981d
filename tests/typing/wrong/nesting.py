"""Components inside components, in lists and in dicts."""

from lightning import Trainer
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger
from torch import nn
from torch.optim import SGD, Adam
from torch.optim.lr_scheduler import CosineAnnealingLR, StepLR
from torchmetrics.classification import MulticlassAccuracy

from project.config import conf, conf_partial
from project.loop import SupervisedLoop
from project.model import MLP
from project.scheduler import Constant, Cosine, PerEpoch

model = conf(MLP)(784, 10)
loss = conf(nn.CrossEntropyLoss)()
optimizer = conf_partial(Adam)(lr=1e-3)
schedule = conf(Constant)()
accuracy = conf(MulticlassAccuracy)(num_classes=10)
callback = conf(EarlyStopping)("val/loss")
logger = conf(CSVLogger)("logs")

# One in another
conf(SupervisedLoop)(model, loss, optimizer, schedule, {"accuracy": accuracy})
conf(SupervisedLoop)(MLP, loss, optimizer, schedule, {})  # wrong: a class inside
conf(SupervisedLoop)(conf(MLP)(784), loss, optimizer, schedule, {})  # wrong: an argument missing inside
conf(SupervisedLoop)(conf(MLP)(784, "10"), loss, optimizer, schedule, {})  # wrong: a wrong type inside
conf(SupervisedLoop)(schedule, loss, optimizer, schedule, {})  # wrong: a schedule for the model inside
conf(SupervisedLoop)(model, loss, conf(Adam)([]), schedule, {})  # wrong: a whole optimizer inside
conf(SupervisedLoop)(model, loss, Cosine, schedule, {})  # wrong: a class of schedules for the optimizer inside
conf(SupervisedLoop)(model, loss, conf_partial(Adam)(rl=1), schedule, {})  # wrong: a misspelt argument inside
conf(SupervisedLoop)(model, loss, optimizer, conf_partial(StepLR)(1), {})  # wrong: a scheduler without PerEpoch inside
conf(SupervisedLoop)(model, loss, optimizer, schedule)  # wrong: metrics missing
conf(SupervisedLoop)(model, loss, schedule=schedule, metrics={}, optimizr=optimizer)  # wrong: a misspelt part

# Factories
conf(PerEpoch)(factory=conf_partial(StepLR)(step_size=10))
conf(PerEpoch)(factory=conf_partial(CosineAnnealingLR)(T_max=10))
conf(PerEpoch)(factory=conf_partial(StepLR)(step=10))  # wrong: a misspelt argument of the scheduler
conf(PerEpoch)(factory=conf_partial(StepLR)(step_size="10"))  # wrong: a wrong type in the scheduler
conf(PerEpoch)(factory=conf_partial(StepLR)())  # wrong: an argument of the scheduler missing
conf(PerEpoch)(factory=conf_partial(SGD)(lr=0.1))  # wrong: a factory of optimizers
conf(PerEpoch)(factory=conf(Cosine)())  # wrong: a schedule for a factory
conf(PerEpoch)(conf_partial(StepLR)(step_size=10), interval="step")  # wrong: an argument that is not taken
conf(PerEpoch)(factory=StepLR)  # wrong: a class that still needs an argument

# Lists
conf(Trainer)(callbacks=[callback, conf(ModelCheckpoint)()], logger=[logger])
conf(Trainer)(callbacks=callback, logger=logger)
conf(Trainer)(callbacks=[callback, logger])  # wrong: a logger among callbacks
conf(Trainer)(callbacks=[EarlyStopping])  # wrong: a class among callbacks
conf(Trainer)(callbacks=[conf(EarlyStopping)])  # wrong: arguments forgotten in a list
conf(Trainer)(callbacks=[conf(EarlyStopping)()])  # wrong: an argument missing in a list
conf(Trainer)(callbacks=["early_stopping"])  # wrong: a name among callbacks
conf(Trainer)(callbacks={"early_stopping": callback})  # wrong: a dict for a list
conf(Trainer)(logger=[callback])  # wrong: a callback among loggers
conf(Trainer)(logger=[[logger]])  # wrong: a list in a list

# Dicts
conf(SupervisedLoop)(model, loss, optimizer, schedule, metrics=[accuracy])  # wrong: a list for a dict
conf(SupervisedLoop)(model, loss, optimizer, schedule, metrics=accuracy)  # wrong: one metric for a dict
conf(SupervisedLoop)(model, loss, optimizer, schedule, {"accuracy": model})  # wrong: a model among metrics
conf(SupervisedLoop)(model, loss, optimizer, schedule, {"accuracy": MulticlassAccuracy})  # wrong: a class among metrics
conf(SupervisedLoop)(model, loss, optimizer, schedule, {1: accuracy})  # wrong: a number for the name of a metric
conf(SupervisedLoop)(model, loss, optimizer, schedule, {"loss": loss})  # wrong: a loss among metrics
