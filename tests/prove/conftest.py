"""The fixtures of these tests: pytest looks for them here."""

from live.adopt import conftest as adopt
from live.engine import conftest as engine
from live.proofs import fixtures

by_hand = fixtures.by_hand
cluster = engine.cluster
contact = adopt.contact
furnished = fixtures.furnished
gold = engine.gold
house = fixtures.house
inventory = adopt.inventory
library = engine.library
tidy = fixtures.tidy
worker_house = fixtures.worker_house
