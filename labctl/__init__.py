"""labctl: the Kubernetes tutorial's cluster on your own computer, proven claim by claim."""

__version__ = "0.1.0"
