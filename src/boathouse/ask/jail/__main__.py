"""`python -m boathouse.ask.jail` makes PandasAI's environment now, so that the first question need not wait for it."""

import sys

from boathouse.ask.jail import JailError
from boathouse.ask.jail.environment import interpreter

try:
    print(f"PandasAI runs with {interpreter()}")
except JailError as problem:
    sys.exit(problem.render())
