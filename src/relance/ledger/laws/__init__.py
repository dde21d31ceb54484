"""What the ledger promises, as queries that must return no row."""

from relance.kit.laws import Law
from relance.ledger.laws.charges import CHARGE_LAWS
from relance.ledger.laws.documents import DOCUMENT_LAWS
from relance.ledger.laws.journal import JOURNAL_LAWS
from relance.ledger.laws.money import MONEY_LAWS

LAWS: tuple[Law, ...] = (*MONEY_LAWS, *JOURNAL_LAWS, *DOCUMENT_LAWS, *CHARGE_LAWS)
