"""Exact numerical work: the nearest neighbours of many rows, and many linear probes at once."""
