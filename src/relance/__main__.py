"""`python -m relance` is the `relance` command."""

from relance.faces.console.main import main

main()
