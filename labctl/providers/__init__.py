"""Providers: one file for each way of having machines; interface.py says what each offers, registry.py lists them."""
