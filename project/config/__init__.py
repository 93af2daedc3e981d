"""The typed layer between Python and Hydra: a config is statically what it builds."""

from project.config.build import build as build
from project.config.check import check as check
from project.config.entry import conf as conf
from project.config.entry import conf_partial as conf_partial
from project.config.group import Group as Group
from project.config.hyperparameters import hyperparameters as hyperparameters
from project.config.problem import ConfigError as ConfigError
from project.config.refs import refs as refs
from project.config.root import Presets as Presets
from project.config.root import root as root
