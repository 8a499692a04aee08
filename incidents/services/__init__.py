"""Writes of incidents: each commits its rows, timeline entries and ledger records together."""
