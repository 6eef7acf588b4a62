"""Fixtures of these tests."""

from live.proofs.fixtures import by_hand as by_hand
from live.proofs.fixtures import furnished as furnished
from live.proofs.fixtures import house as house
from live.proofs.fixtures import tidy as tidy
from live.proofs.fixtures import worker_house as worker_house
