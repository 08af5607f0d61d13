"""The demo company, Four Winds Boats: it hires out and sells boats and gear, and its tables lie in silos."""
