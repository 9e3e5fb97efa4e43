"""Schedules: when workflows start by themselves (reference 8.1).

``cron`` reads expressions and ``days`` what they say of days, ``times`` finds the next
moment in a zone, ``runs`` says which runs are due and what they get, ``checks`` what a
schedule is refused for, ``store`` where schedules are kept, ``searching`` how they and
their runs are found.
"""
