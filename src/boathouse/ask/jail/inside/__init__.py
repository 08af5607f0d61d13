"""What runs in PandasAI's own environment: it knows nothing of Boathouse, and imports nothing of it."""
