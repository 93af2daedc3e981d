"""What the command line says of itself, told from plain pages: the help, and what the shell offers at Tab."""

from project.manual.answers import complete as complete
from project.manual.answers import explain as explain
from project.manual.pages import Pages as Pages
