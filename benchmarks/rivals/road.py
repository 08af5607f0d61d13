"""The road in one process, without the notebook around it; `warm`: in one that has imported everything, as a kernel has."""

import os
import sys

import boathouse
from boathouse.suites import preload

if sys.argv[2:] == ["warm"]:
    boathouse.open(sys.argv[1]).road("orders").engine.close()
    preload.load()
    print("ready", flush=True)
    sys.stdin.readline()
road = boathouse.open(sys.argv[1]).road("orders")
for step in (road.land, road.stage, road.clean, road.validate, road.publish, road.finish):
    step()
assert road.record.status == "published", road.record.error
os._exit(0)  # as the command line and a kernel end: without taking every library down
