"""Exact numerical work: the nearest neighbours of many rows, and many linear probes at once.

Doors: :mod:`~hyperpolyglot.engine.nearest` (the search for neighbours), :mod:`~hyperpolyglot.engine.probes`,
:mod:`~hyperpolyglot.engine.devices` (where it all runs), :mod:`~hyperpolyglot.engine.cosine` (the stated sum) and
:mod:`~hyperpolyglot.engine.processor` (threads). The other folders are behind them.
"""
