"""The source `distribution`: a bundle built from the distribution's packages and Go modules.

source.py is its entrance, parts.py the list of what it makes.
"""
