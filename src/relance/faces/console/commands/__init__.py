"""One file per command; the file name, with dashes for underscores, is the command's name."""
