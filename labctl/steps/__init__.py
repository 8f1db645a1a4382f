"""Steps: what `up` and `destroy` do, one file a step; recipes.py has the lists, runner.py walks them."""
