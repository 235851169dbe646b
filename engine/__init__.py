"""The engine: networks that train, the data they train on, and the workers that run them."""
