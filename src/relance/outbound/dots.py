"""The payment code drawn dot by dot. Apart from its content, so that the typesetter's helper starts without the bank book."""

import io

import segno

_QUIET_DOTS = 4


def payment_code_png(payload: str, dot_pixels: int) -> tuple[bytes, int]:
    """The QR code of a payload as a PNG with the quiet border a camera needs, and its side in pixels; the same every time."""
    # The standard asks for correction level M. Readers take any mask; to try all eight would cost most of the time.
    code = segno.make_qr(payload, error="m", mask=0, encoding="utf-8", boost_error=False)
    stream = io.BytesIO()
    code.save(stream, kind="png", scale=dot_pixels, border=_QUIET_DOTS)
    side, _ = code.symbol_size(scale=dot_pixels, border=_QUIET_DOTS)
    return stream.getvalue(), int(side)
