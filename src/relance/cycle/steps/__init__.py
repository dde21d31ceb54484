"""The steps of a cycle, one file per step; each offers `STEP`, a function of the night being worked."""
