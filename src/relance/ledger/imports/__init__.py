"""Files of the ledger: one module per kind of file, named like it, offering `IMPORT`."""
