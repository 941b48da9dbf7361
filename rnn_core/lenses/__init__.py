"""Ways to look at one trained network: each lens takes a classifier and a text and gives back numbers."""
