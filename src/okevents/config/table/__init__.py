"""The table of settings, a module for each theme.

Each adds its settings to those of the one before, so the order of all of them is that of the modules: a struct has one
line of descent.
"""
