"""The pictures of a mail: taken out of its HTML and put beside it, because many mail readers show none that is within. Pure."""

import re
from base64 import b64decode
from dataclasses import dataclass

_PICTURE = re.compile(r'(?<=src=")data:image/(png|gif|jpeg);base64,([A-Za-z0-9+/=]+)(?=")')


@dataclass(frozen=True, slots=True)
class MailPicture:
    """A picture beside a mail; the HTML calls it `cid:<address>`. `kind` is png, gif or jpeg."""

    name: str
    address: str
    kind: str
    data: bytes


def pictures_beside(html: str, key: str, domain: str) -> tuple[str, list[MailPicture]]:
    """The HTML that calls its pictures by address, and those pictures; the same ones for the same message every time."""
    pictures: list[MailPicture] = []

    def beside(found: re.Match[str]) -> str:
        kind, data = found.groups()
        name = f"picture-{len(pictures) + 1}"
        address = f"{name}.dispatch-{key}@{domain}"
        pictures.append(MailPicture(f"{name}.{kind}", address, kind, b64decode(data, validate=True)))
        return f"cid:{address}"

    return _PICTURE.sub(beside, html), pictures
