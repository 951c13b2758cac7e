"""Checks: the code behind the cards, one module per family."""
