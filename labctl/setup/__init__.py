"""What labctl needs of this computer, and how it gets there: `labctl setup`. Nothing of a lab belongs here."""

from labctl.setup.host import Action, missing, perform

__all__ = ["Action", "missing", "perform"]
