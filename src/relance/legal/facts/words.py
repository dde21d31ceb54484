"""A text in both languages of the house, and refusals that can be said in either."""

from dataclasses import dataclass

from relance.kit.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Words:
    """One text in English and in French."""

    en: str
    fr: str

    def said_in(self, language: str) -> str:
        """The French text for `fr`, the English one for any other language."""
        return self.fr if language == "fr" else self.en

    def filled(self, **values: str) -> "Words":
        """The same text with its `{names}` filled in both languages."""
        return Words(self.en.format(**values), self.fr.format(**values))


class LegalRefusal(Refusal):
    """A refusal with its reason in both languages; its message is the sentence in `language` (English by default).

    `rule` is the code of the rule that forbids, where one does; empty where something is missing.
    """

    def __init__(self, words: Words, language: str = "en", *, rule: str = "") -> None:
        super().__init__(words.said_in(language))
        self.words, self.rule = words, rule

    def sentence(self, language: str) -> str:
        """Why, and what to do, in `fr` or `en`."""
        return self.words.said_in(language)
