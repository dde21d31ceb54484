"""Files of customers: one module per kind of file, named like it, offering `IMPORT`."""
