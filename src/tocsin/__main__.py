"""`python -m tocsin`."""

from tocsin.cli import entry

entry()
