"""System tasks that touch the world, behind one contract."""
