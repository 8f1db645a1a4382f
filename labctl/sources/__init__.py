"""Sources: what fills a bundle; interface.py says what each offers, auto.py chooses, bundle.py checks."""
