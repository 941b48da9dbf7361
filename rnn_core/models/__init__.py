"""From a `ModelSpec` to a Keras model, its table of parameters, its source code, and the same network in NumPy."""
