"""Arguments of the project's own components: misspelt, of a wrong type, missing, and too many."""

from project.config import conf, conf_partial
from project.datamodule import FashionMNIST
from project.model import MLP, BeegYoshiMLP
from project.scheduler import Constant, Cosine, OneCycle, PerEpoch, Schedule

# These are right: whatever is flagged below is flagged for its mistake.
conf(MLP)(input_dim=784, output_dim=10)
conf(MLP)(784, 10, hidden_dim=64, num_layers=2, dropout=0.1)
conf(BeegYoshiMLP)(input_dim=784, output_dim=10, beeg_factor=20)
conf(FashionMNIST)(batch_size=128, val_size=None, num_workers=2, seed=1)
conf(OneCycle)(pct_start=0.5, div_factor=25, cycle_momentum=False)

# Misspelt
conf(MLP)(784, 10, hiden_dim=64)  # wrong: a letter missing
conf(MLP)(784, 10, hidden=64)  # wrong: a name cut short
conf(MLP)(784, 10, Hidden_dim=64)  # wrong: a capital letter
conf(BeegYoshiMLP)(784, 10, big_factor=10)  # wrong: a name spelt right where the class does not
conf(FashionMNIST)(batchsize=64)  # wrong: an underscore missing
conf(Cosine)(warm_up=0.05)  # wrong: an underscore too many
conf(MLP)(784, 10, beeg_factor=10)  # wrong: an argument of the sibling class

# Of a wrong type
conf(MLP)(784, 10, hidden_dim="64")  # wrong: text for an integer
conf(MLP)(784, 10, hidden_dim=64.0)  # wrong: a float for an integer
conf(MLP)(784, 10, hidden_dim=None)  # wrong: None for an integer
conf(MLP)(784, 10, hidden_dim=[64, 64])  # wrong: a list for an integer
conf(MLP)(784, 10, dropout="0.1")  # wrong: text for a float
conf(FashionMNIST)(val_size=0.1)  # wrong: a share where a count or None belongs
conf(FashionMNIST)(batch_size=(64, 32))  # wrong: a tuple for an integer
conf(OneCycle)(cycle_momentum="no")  # wrong: text for a flag
conf(BeegYoshiMLP)(784, 10, 10.5)  # wrong: a float by position
conf(Cosine)(final={"value": 0.1})  # wrong: a dict for a float

# Missing
conf(MLP)()  # wrong: every required argument missing
conf(MLP)(784)  # wrong: the second required argument missing
conf(MLP)(output_dim=10)  # wrong: the first required argument missing
conf(BeegYoshiMLP)(784, beeg_factor=10)  # wrong: a required argument missing beside an optional one
conf(PerEpoch)()  # wrong: a factory missing

# By position, and too many
conf(MLP)(784, 10, 64, 1, 0.1, True)  # wrong: one argument too many
conf(FashionMNIST)("data", "full")  # wrong: a keyword by position
conf(MLP)(784, 10, input_dim=784)  # wrong: an argument given twice
conf(Constant)(0.0, 0.1)  # wrong: two arguments where one is taken
conf(Cosine)(interval="epoch")  # wrong: a class attribute as an argument

# Factories
conf_partial(MLP)(output_dim=10)
conf_partial(MLP)(input_dim=784, output_dim=10)  # wrong: the argument that the factory waits for
conf_partial(MLP)(output_dim="10")  # wrong: a wrong type in a factory
conf_partial(MLP)(10, hiden_dim=64)  # wrong: a misspelt argument in a factory
conf_partial(MLP)()  # wrong: a required argument missing in a factory

# Not what is configured
conf(784)  # wrong: a number configured
conf("project.model.MLP")  # wrong: a path instead of the class
conf(MLP, hidden_dim=64)  # wrong: arguments beside the class
conf(conf(Cosine)())(1)  # wrong: a config configured again and called with too little
conf(Schedule)()  # wrong: an abstract class
