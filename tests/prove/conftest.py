"""The fixtures of these tests: pytest looks for them here."""

from live.engine import conftest as engine
from live.proofs import fixtures

by_hand = fixtures.by_hand
cluster = engine.cluster
furnished = fixtures.furnished
gold = engine.gold
house = fixtures.house
library = engine.library
tidy = fixtures.tidy
worker_house = fixtures.worker_house
