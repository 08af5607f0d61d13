"""Tags in, an intent out."""

from boathouse.ask.reading.reading import Reading as Reading
