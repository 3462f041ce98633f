"""CI/CD notifications as code."""

__version__ = "1.0.0"
