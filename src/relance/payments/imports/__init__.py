"""Files of payments: one module per kind of file, named like it, offering `IMPORT`."""
