"""A process that has imported everything and forks one that takes the road: `python forks.py WORKBENCH`.

For every line on stdin (a pipeline's name) it forks and prints the child's pid; then it prints `exit CODE` when the child
has ended. Kills of the child are kills of a real process with its own engine, files and commits.
"""

from __future__ import annotations

import os
import sys


def main(folder: str) -> None:
    import great_expectations  # noqa: F401

    import boathouse
    import boathouse.ingest
    import boathouse.suites.conditions
    import boathouse.suites.dialect
    import boathouse.suites.docs
    import boathouse.suites.metrics

    print("ready", flush=True)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                road = boathouse.open(folder).road(line.strip())
                for step in (road.land, road.stage, road.clean, road.validate, road.publish, road.finish):
                    step()
                code = 0 if road.record.status != "failed" else 1
                if road.record.error:
                    print(road.record.error, file=sys.stderr)
            finally:
                os._exit(code)
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(f"exit {os.waitstatus_to_exitcode(status)}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
