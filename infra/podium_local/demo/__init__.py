"""The demo of ``podium dev --demo``: an order, from its validation to its label."""
