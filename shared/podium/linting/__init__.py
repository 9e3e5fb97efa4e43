"""What is wrong, or likely wrong, with a definition before anything runs by it.

:func:`podium.linting.linter.lint` finds everything at once: what Conductor would refuse
the definition for, and what it accepts although it cannot work, or hardly can.
"""
