"""What the PyTorch export is made of: the network as modules, the rows as arrays, the training as a script."""
