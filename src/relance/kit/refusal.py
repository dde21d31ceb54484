"""Refusal: input or circumstances we will not act on."""


class Refusal(Exception):
    """The request is refused whole and nothing was written; the message says what is wrong and what would be right.

    The command line exits with 2 and prints it; the desk shows it beside the form.
    """
