"""What a data set looks like: figures of its columns, and pictures of its rows drawn in characters."""
