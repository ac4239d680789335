"""Writing systems: which script a string is written in, by Unicode and by the founding paper's rule."""
