"""The road in one process, without the notebook around it."""

import sys

import boathouse

road = boathouse.open(sys.argv[1]).road("orders")
for step in (road.land, road.stage, road.clean, road.validate, road.publish, road.finish):
    step()
assert road.record.status == "published", road.record.error
