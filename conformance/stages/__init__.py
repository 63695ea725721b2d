"""The stages of the conformance run, in the order main.py lists them."""
