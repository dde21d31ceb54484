"""Relance: collections and payments for a telecom operator."""
