"""The steps of a study on the workers of a Dask cluster (``[cluster]``), with the results of one process."""

from hyperpolyglot.study.cluster.connection import cluster

__all__ = ["cluster"]
