"""The typed layer between Python and Hydra: a config is statically what it builds."""

from project.config.build import build as build
from project.config.check import check as check
from project.config.entry import conf as conf
from project.config.entry import conf_partial as conf_partial
from project.config.group import Group as Group
from project.config.hyperparameters import hyperparameters as hyperparameters
from project.config.refs import refs as refs
from project.config.root import Presets as Presets
from project.config.root import root as root
from project.config.space import choice as choice
from project.config.space import integers as integers
from project.config.space import log_uniform as log_uniform
from project.config.space import uniform as uniform
from project.config.spaces import Spaces as Spaces
from project.problem import ConfigError as ConfigError
