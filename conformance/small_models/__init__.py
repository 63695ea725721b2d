"""Small models of many kinds, as people write them; stages/models.py exports, converts and runs them."""
