"""An intent in, SQL out."""

from boathouse.ask.planning.plan import Plan as Plan
from boathouse.ask.planning.plan import plan as plan
