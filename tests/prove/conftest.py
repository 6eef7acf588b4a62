"""The fixtures of these tests: pytest looks for them here."""

from live.proofs import fixtures

by_hand = fixtures.by_hand
furnished = fixtures.furnished
house = fixtures.house
tidy = fixtures.tidy
worker_house = fixtures.worker_house
