"""Tests of the understanding of texts."""
