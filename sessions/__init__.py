"""Sessions: the pages of the notebook, written, read and replayed."""
