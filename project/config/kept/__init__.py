"""The catalogue as plain data, and the review of a command line by it, without what it is a catalogue of."""

from project.config.kept.answer import answered as answered
from project.config.kept.taken import taken as taken
