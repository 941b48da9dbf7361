"""From a specification and texts to trained weights, a history, and honest numbers beside baselines."""
