"""What is wrong with a config, where, and what was probably meant."""

from project.problem import ConfigError as ConfigError
from project.problem import Problem as Problem
from project.problem import Site as Site
from project.problem import did_you_mean as did_you_mean
from project.problem import first_line as first_line
