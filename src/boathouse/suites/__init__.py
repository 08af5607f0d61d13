"""Great Expectations on the engine: judge a relation, split its rows, profile it, suggest a suite."""
